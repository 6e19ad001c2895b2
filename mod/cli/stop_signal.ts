type StopName = "SIGINT" | "SIGTERM" | "SIGHUP";
type Stop = readonly [name: StopName, listener: () => void];

let stops: Stop[] = [];
let listening = false;

/**
 * A signal that aborts at the first SIGINT, SIGTERM or SIGHUP (the terminal was closed); a second one ends
 * the process at once, as the signal would have (exit code 128 and its number). SIGHUP is left alone where
 * whoever started us has it ignored, as `nohup` does.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: StopName, exitCode: number): Stop => [name, () => {
    if (controller.signal.aborted) Deno.exit(exitCode);
    controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
  }];
  stops = [stop("SIGINT", 130), stop("SIGTERM", 143)];
  if (!isHangupIgnored()) stops.push(stop("SIGHUP", 129));
  retakeStopSignal();
  return controller.signal;
}

/** Whether SIGHUP is ignored; only Linux says so. Source: proc(5), SigIgn. */
function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return mask !== undefined && (Number.parseInt(mask.slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
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
