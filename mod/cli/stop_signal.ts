type StopName = "SIGINT" | "SIGTERM" | "SIGHUP";
type Stop = readonly [name: StopName, listener: () => void];

/**
 * A signal that aborts at the first SIGINT, SIGTERM or SIGHUP (the terminal was closed); a second one ends
 * the process at once, as the signal would have (exit code 128 and its number). Without a terminal SIGHUP is
 * ignored, as `nohup` has it; the runtime would end the process, whatever it was started with.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: StopName, exitCode: number): Stop => [name, () => {
    if (controller.signal.aborted) Deno.exit(exitCode);
    controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
  }];
  const stops = [stop("SIGINT", 130), stop("SIGTERM", 143)];
  stops.push(hasTerminal() ? stop("SIGHUP", 129) : ["SIGHUP", () => {}]);
  for (const [name, listener] of stops) Deno.addSignalListener(name, listener);
  return controller.signal;
}

/** Whether the process belongs to a terminal that can be closed. `nohup` leaves it none. */
function hasTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
