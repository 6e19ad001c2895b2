type Stop = readonly [name: "SIGINT" | "SIGTERM", listener: () => void];

let stops: Stop[] = [];
let listening = false;

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
  stops = [stop("SIGINT", 130), stop("SIGTERM", 143)];
  retakeStopSignal();
  return controller.signal;
}

/**
 * Lets SIGINT and SIGTERM end the process at once from now on. For work that blocks this thread in
 * native code, where no listener can run, and that leaves nothing behind.
 */
export function releaseStopSignal(): void {
  if (!listening) return;
  listening = false;
  for (const [name, listener] of stops) Deno.removeSignalListener(name, listener);
}

/** Listens again after {@linkcode releaseStopSignal}: what the process does next may have to be finished. */
export function retakeStopSignal(): void {
  if (listening) return;
  listening = true;
  for (const [name, listener] of stops) Deno.addSignalListener(name, listener);
}
