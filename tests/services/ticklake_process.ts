import { PERMISSIONS } from "../../scripts/compile.ts";
import { REPOSITORY } from "./tools_folder.ts";

/** Variables of this process that the program gets; all others stay out of a test. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "DENO_DIR",
  "DENO_TLS_CA_STORE",
  "TMPDIR",
  "LANG",
];

/** Options of {@linkcode runTicklake} and {@linkcode spawnTicklake}. */
export interface TicklakeOptions {
  /** Variables for it. It sees nothing else of this process's environment but PATH, HOME and the like. */
  env?: Record<string, string>;
  /** Its current directory; without it a fresh one that is removed at its end. */
  cwd?: string;
  /** Whether to run the compiled program (`TEST_BINARY`), or which, instead of the source. @default {false} */
  binary?: boolean | string;
  /** Words before the program's own, such as those of a shell that sets limits and then becomes it. */
  wrapper?: readonly string[];
  /** Text or bytes for its standard input. @default {nothing} */
  stdin?: string | Uint8Array;
  /** It is killed after this long, and the call throws. @default {120_000} */
  timeoutMs?: number;
}

/** What a run came to. */
export interface TicklakeResult {
  /** Exit code; 128 and the signal's number when a signal ended it. */
  code: number;
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** A program that runs. */
export interface Spawned extends AsyncDisposable {
  readonly pid: number;
  /** All that it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended. */
  readonly result: Promise<TicklakeResult>;
  /** Waits until its output (both streams) has a match. @throws when it ends or `timeoutMs` passes before. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal; nothing when it has ended. */
  signal(signal: Deno.Signal): void;
  /** Sends a signal (SIGTERM without one) and waits for its end. */
  stop(signal?: Deno.Signal): Promise<TicklakeResult>;
}

/** Runs the program to its end. */
export async function runTicklake(
  args: string[],
  options: TicklakeOptions = {},
): Promise<TicklakeResult> {
  await using program = spawnTicklake(args, options);
  const { timeoutMs = 120_000 } = options;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    program.signal("SIGKILL");
  }, timeoutMs);
  const result = await program.result;
  clearTimeout(timer);
  if (timedOut) {
    throw new Error(
      `ticklake ${args.join(" ")} had not ended after ${timeoutMs} ms\n${outputOf(result)}`,
    );
  }
  return result;
}

/** Starts the program. Kill it by disposing of it: `await using program = spawnTicklake(…)`. */
export function spawnTicklake(args: string[], options: TicklakeOptions = {}): Spawned {
  const own = options.cwd === undefined ? Deno.makeTempDirSync() : undefined;
  const [program, ...before] = [...options.wrapper ?? [], ...commandLine(options.binary ?? false)];
  const child = new Deno.Command(program, {
    args: [...before, ...args],
    cwd: options.cwd ?? own,
    clearEnv: true,
    env: { ...passedOn(), NO_COLOR: "1", ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = { stdout: "", stderr: "" };
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const read = async (name: "stdout" | "stderr") => {
    for await (const part of child[name].pipeThrough(new TextDecoderStream())) {
      text[name] += part;
      wake();
    }
  };
  let ended = false;
  const end = async (): Promise<TicklakeResult> => {
    const [status] = await Promise.all([child.status, read("stdout"), read("stderr")]);
    ended = true;
    wake();
    if (own !== undefined) Deno.removeSync(own, { recursive: true });
    return { code: status.code, signal: status.signal, ...text };
  };
  const result = end();
  if (options.stdin !== undefined) void feed(child.stdin, options.stdin);
  const spawned: Spawned = {
    pid: child.pid,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    result,
    async waitFor(pattern, timeoutMs = 60_000) {
      const timeout = Promise.withResolvers<"timeout">();
      const timer = setTimeout(() => timeout.resolve("timeout"), timeoutMs);
      try {
        for (;;) {
          const match = text.stdout.match(pattern) ?? text.stderr.match(pattern);
          if (match !== null) return match;
          if (ended || await Promise.race([changed.promise, timeout.promise]) === "timeout") {
            const what = ended ? "it ended" : `${timeoutMs} ms passed`;
            throw new Error(`${what} without ${pattern} in the output\n${outputOf(text)}`);
          }
        }
      } finally {
        clearTimeout(timer);
      }
    },
    signal(signal) {
      try {
        if (!ended) child.kill(signal);
      } catch (error) {
        // It has ended, and its output has not been read to the end.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    stop(signal = "SIGTERM") {
      this.signal(signal);
      return result;
    },
    async [Symbol.asyncDispose]() {
      await this.stop("SIGKILL");
    },
  };
  return spawned;
}

function commandLine(binary: boolean | string): string[] {
  if (typeof binary === "string") return [binary];
  if (!binary) {
    const config = `${REPOSITORY}/deno.json`;
    return [Deno.execPath(), "run", "--quiet", "--no-prompt", `--config=${config}`, ...PERMISSIONS]
      .concat(`${REPOSITORY}/main.ts`);
  }
  const file = Deno.env.get("TEST_BINARY");
  if (!file) throw new Error("TEST_BINARY is not set: name `binary` in the test's needs");
  return [file];
}

function passedOn(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

async function feed(stdin: WritableStream<Uint8Array>, input: string | Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch {
    // It ended without reading all of it; the test sees that in its result.
  }
}

function outputOf({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return `--- standard output\n${stdout}\n--- standard error\n${stderr}`;
}
