type StopName = "SIGINT" | "SIGTERM" | "SIGHUP";
type Stop = readonly [name: StopName, listener: () => void];

let stops: Stop[] = [];
let listening = false;

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
  stops = [stop("SIGINT", 130), stop("SIGTERM", 143)];
  stops.push(hasTerminal() ? stop("SIGHUP", 129) : ["SIGHUP", () => {}]);
  retakeStopSignal();
  return controller.signal;
}

/** Whether the process belongs to a terminal that can be closed. `nohup` leaves it none. */
function hasTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}

/**
 * Lets these signals end the process at once from now on. For work that blocks this thread in
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
