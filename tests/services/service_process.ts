import { sleep } from "../../mod/wait/sleep.ts";
import { Missing } from "./tools_folder.ts";

/** Options of {@linkcode startService}. */
export interface ServiceOptions {
  /** For messages. */
  name: string;
  program: string;
  args: string[];
  env?: Record<string, string>;
  /** File that gets the service's output. */
  logFile: string;
  /** Whether it answers; called every 50 ms until it gives `true`. */
  isReady: () => Promise<boolean>;
  /** @default {60_000} */
  timeoutMs?: number;
}

/** A service that runs, as a process of its own. */
export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number;
  /** Ends it with SIGTERM, after ten seconds with SIGKILL, and waits. Twice is once. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would, and waits. */
  kill(): Promise<void>;
}

/**
 * Starts a service and waits until it answers.
 * @throws {Missing} when the program is not there.
 * @throws {Error} with the end of its log, when it ends or does not answer in time.
 */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const { name, program, args, env, logFile, isReady, timeoutMs = 60_000 } = options;
  const log = await Deno.open(logFile, { create: true, append: true });
  const child = spawn(name, program, args, env);
  const logged = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const chunk of stream) await writeAll(log, chunk);
  })).finally(() => log.close());
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const end = async (signal: Deno.Signal, graceMs: number) => {
    if (!ended) child.kill(signal);
    const timer = setTimeout(() => ended || child.kill("SIGKILL"), graceMs);
    await status;
    clearTimeout(timer);
    await logged;
  };
  const service: ServiceProcess = {
    pid: child.pid,
    stop: () => end("SIGTERM", 10_000),
    kill: () => end("SIGKILL", 10_000),
    [Symbol.asyncDispose]: () => end("SIGTERM", 10_000),
  };
  const deadline = performance.now() + timeoutMs;
  while (!await isReady()) {
    if (ended || performance.now() > deadline) {
      await service.kill();
      const tail = Deno.readTextFileSync(logFile).trim().split("\n").slice(-20).join("\n");
      throw new Error(`${name} did not start; the end of its log:\n${tail}`);
    }
    await sleep(50);
  }
  return service;
}

function spawn(
  name: string,
  program: string,
  args: string[],
  env: Record<string, string> | undefined,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new Missing(`${name} needs ${program}, which is not installed`, { cause });
    }
    throw cause;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
