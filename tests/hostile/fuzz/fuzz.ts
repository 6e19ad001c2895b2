import process from "node:process";
import { Failure } from "../../../mod/failure/failure.ts";
import { Mutator } from "./mutate.ts";
import type { Target } from "./targets.ts";

const CORPUS = new URL("./corpus/", import.meta.url);

/** Milliseconds of the processor that a reader may take over one input of a few kilobytes. */
const SLOWEST_MS = 5000;

/** Bytes that the process may grow by over all inputs of a few kilobytes, where a target does not say. */
const MOST_GROWN = 512 * 2 ** 20;

/** Inputs after which the runtime gets a turn: only then does it let go of buffers. */
const TURN = 100;

/** What a run of a target came to. */
export interface FuzzOutcome {
  inputs: number;
  /** Inputs that were refused with a {@linkcode Failure}, or taken as no rows. */
  refused: number;
  slowestMs: number;
}

/** The inputs that are kept: what our own writers and others make, and what once broke a reader. */
export function corpusOf({ name }: Target): Array<readonly [file: string, bytes: Uint8Array]> {
  const folder = new URL(`${name}/`, CORPUS);
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
    .map((file) => [file, Deno.readFileSync(new URL(file, folder))] as const);
}

/**
 * Gives a target its corpus and so many inputs made of it.
 * @throws {Error} naming the input, which is kept in the directory of temporary files
 */
export async function fuzz(target: Target, count: number, seed: number): Promise<FuzzOutcome> {
  const corpus = corpusOf(target);
  const mutator = new Mutator(corpus.map(([, bytes]) => bytes), seed);
  const before = peakRss();
  const outcome: FuzzOutcome = { inputs: 0, refused: 0, slowestMs: 0 };
  for (let i = -corpus.length; i < count; i++) {
    const bytes = i < 0 ? corpus[i + corpus.length][1] : mutator.next();
    // Not the time of the clock: the host may be busy with other things.
    const startedAt = process.cpuUsage();
    try {
      await target.run(bytes);
    } catch (error) {
      if (!(error instanceof Failure)) throw broken(target, bytes, seed, error);
      outcome.refused++;
    }
    const { user, system } = process.cpuUsage(startedAt);
    const ms = (user + system) / 1000;
    if (ms > SLOWEST_MS) throw broken(target, bytes, seed, `it took ${Math.round(ms)} ms`);
    const grown = peakRss() - before;
    if (grown > (target.mostGrown ?? MOST_GROWN)) {
      throw broken(target, bytes, seed, `memory grew by ${grown} bytes`);
    }
    outcome.slowestMs = Math.max(outcome.slowestMs, ms);
    if (++outcome.inputs % TURN === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return outcome;
}

/** The most memory that this process has had, in bytes; 0 where the host does not tell. */
function peakRss(): number {
  if (Deno.build.os !== "linux") return 0;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(Deno.readTextFileSync("/proc/self/status"))!;
  return Number(kibibytes) * 1024;
}

function broken({ name }: Target, bytes: Uint8Array, seed: number, cause: unknown): Error {
  const kept = Deno.makeTempFileSync({ prefix: `ticklake-fuzz-${name}-` });
  Deno.writeFileSync(kept, bytes);
  return new Error(
    `${name}, seed ${seed}: ${cause}\nthe input is ${kept}; it belongs into ${CORPUS}`,
    {
      cause,
    },
  );
}
