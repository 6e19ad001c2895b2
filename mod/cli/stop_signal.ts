/**
 * A signal that aborts at the first SIGINT or SIGTERM; a second one ends the process at once, as the
 * signal would have (exit code 130 or 143).
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: "SIGINT" | "SIGTERM", exitCode: number) => {
    Deno.addSignalListener(name, () => {
      if (controller.signal.aborted) Deno.exit(exitCode);
      controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
    });
  };
  stop("SIGINT", 130);
  stop("SIGTERM", 143);
  return controller.signal;
}
