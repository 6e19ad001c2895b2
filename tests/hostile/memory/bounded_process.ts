import { controlGroup } from "./control_group.ts";
import { spawnTicklake, type TicklakeResult } from "../../services/services.ts";

/** Milliseconds between two looks at a process's memory. */
const LOOK_MS = 20;

/** Who holds a process to its memory: the kernel, or this process where the host has no way to ask it. */
export type Bound = "control group" | "watched";

/** What a run with bounded memory came to. */
export interface BoundedResult extends TicklakeResult {
  /** Most memory that it had, in bytes (`VmHWM`). */
  peakRss: number;
  /** Whether it was ended for having more memory than its bound. */
  killed: boolean;
  bound: Bound;
}

/** Options of {@linkcode runBounded}. */
export interface BoundedOptions {
  env: Record<string, string>;
  cwd: string;
  /** Bytes. */
  memory: number;
  timeoutMs: number;
  /** Path of the program. @default {the compiled one} */
  program?: string;
}

/**
 * Runs the compiled program with so much memory and no swap, see {@linkcode controlGroup}. Where the host has no
 * such groups, its anonymous memory is looked at every 20 ms, and it is killed beyond the bound, as the kernel would.
 */
export async function runBounded(args: string[], options: BoundedOptions): Promise<BoundedResult> {
  const { env, cwd, memory, timeoutMs, program: binary = true } = options;
  const group = controlGroup(memory);
  const bound = group === undefined ? "watched" : "control group";
  await using program = spawnTicklake(args, { binary, env, cwd, wrapper: group?.wrapper });
  let peakRss = 0;
  let killed = false;
  const watch = setInterval(() => {
    const { peak, anonymous } = memoryOf(program.pid);
    peakRss = Math.max(peakRss, peak);
    if (bound === "watched" && anonymous > memory) {
      killed = true;
      program.signal("SIGKILL");
    }
  }, LOOK_MS);
  const timer = setTimeout(() => program.signal("SIGKILL"), timeoutMs);
  try {
    const result = await program.result;
    killed ||= bound === "control group" && result.signal === "SIGKILL";
    return { ...result, peakRss, killed, bound };
  } finally {
    clearInterval(watch);
    clearTimeout(timer);
    group?.remove();
  }
}

/** Bytes; 0 where the process has gone. */
function memoryOf(pid: number): { peak: number; anonymous: number } {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const bytes = (name: string) =>
      Number(status.match(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m"))?.[1] ?? 0) * 1024;
    return { peak: bytes("VmHWM"), anonymous: bytes("RssAnon") };
  } catch {
    return { peak: 0, anonymous: 0 };
  }
}
