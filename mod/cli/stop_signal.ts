type Stop = readonly [name: "SIGINT" | "SIGTERM", listener: () => void];

let listening: Stop[] = [];

/**
 * A signal that aborts at the first SIGINT or SIGTERM; a second one ends the process at once, as the
 * signal would have (exit code 130 or 143).
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: "SIGINT" | "SIGTERM", exitCode: number): Stop => [name, () => {
    if (controller.signal.aborted) Deno.exit(exitCode);
    controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
  }];
  listening = [stop("SIGINT", 130), stop("SIGTERM", 143)];
  for (const [name, listener] of listening) Deno.addSignalListener(name, listener);
  return controller.signal;
}

/**
 * Lets SIGINT and SIGTERM end the process at once from now on. For work that blocks this thread in
 * native code, where no listener can run, and that leaves nothing behind.
 */
export function releaseStopSignal(): void {
  for (const [name, listener] of listening.splice(0)) Deno.removeSignalListener(name, listener);
}
