import { type Spawned, spawnTicklake, type TicklakeResult } from "../services/services.ts";

/** Milliseconds between two looks at a process's memory. */
const LOOK_MS = 100;

/** The compiled program while it runs, with the memory that it needed. */
export interface Watched extends Spawned {
  /** Most memory that it has had, in bytes (`VmHWM`); 0 until it was first looked at. */
  readonly peakRss: number;
}

/** Starts the compiled program and watches its memory. */
export function spawnWatched(args: string[], env: Record<string, string>, cwd?: string): Watched {
  const program = spawnTicklake(args, { binary: true, env, cwd });
  let peakRss = 0;
  const look = () => {
    peakRss = Math.max(peakRss, peakRssOf(program.pid));
  };
  const timer = setInterval(look, LOOK_MS);
  const result = program.result.finally(() => clearInterval(timer));
  const stop = (signal: Deno.Signal = "SIGTERM"): Promise<TicklakeResult> => {
    look();
    program.signal(signal);
    return result;
  };
  return {
    pid: program.pid,
    get stdout() {
      return program.stdout;
    },
    get stderr() {
      return program.stderr;
    },
    get peakRss() {
      return peakRss;
    },
    result,
    waitFor: program.waitFor,
    signal: (signal) => program.signal(signal),
    stop,
    async [Symbol.asyncDispose]() {
      // This also ends a process that was stopped by SIGSTOP.
      await stop("SIGKILL");
    },
  };
}

/** Bytes; 0 where the process has gone. */
function peakRssOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(status.match(/^VmHWM:\s*(\d+) kB$/m)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
