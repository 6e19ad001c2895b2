import assert from "node:assert/strict";
import { runTicklake, type TicklakeResult } from "../services/services.ts";
import { countLake, type LakeCount, type LakeCountOptions } from "./lake_count.ts";
import { writeNumberedQuotes } from "./numbered_quotes.ts";
import { spawnWatched, type Watched } from "./watched_process.ts";

/** The table of the shipped schema. */
export const TABLE = "index_quotes";

/** Milliseconds that a run to the topic's end may take. */
const END_TIMEOUT_MS = 300_000;

/** Milliseconds within which a process must end once it has a reason to. */
const OWN_END_TIMEOUT_MS = 60_000;

/** What `verify --deep --json` prints. */
export interface Verdict {
  ok: boolean;
  /** Offsets. */
  expected: number;
  found: number;
  missing: number;
  duplicate: number;
  /** Of an Iceberg table, rows that another program has deleted. */
  deleted: number;
}

/** What `consume --json` prints at its end. */
export interface Consumed {
  read: number;
  written: number;
  rejected: number;
  objects: number;
  bytes: number;
  lost: number;
}

/** Options of {@linkcode Flow.quotes}. */
export interface QuotesOptions {
  /** Number of rows. */
  count: number;
  /** Number of the first row. @default {0} */
  first?: number;
  /** Different years among their dates. @default {2} */
  years?: number;
  /** Different indices. @default {32} */
  symbols?: number;
}

/** One topic and one lake, with the processes between them. */
export abstract class Flow implements AsyncDisposable {
  /** Where the processes run and the rows lie. */
  readonly folder = Deno.makeTempDirSync({ prefix: "ticklake-flow-" });
  readonly #processes: Watched[] = [];

  /** Variables of its processes. */
  abstract readonly env: Record<string, string>;

  /** Where the lake is, and where it says which offsets must be in it. */
  protected abstract readonly counted: Omit<LakeCountOptions, "table" | "number">;

  /** Ends all faults; called before it is counted. */
  calm(): void {}

  /** Writes a file of numbered quotes and gives its path. */
  quotes({ count, first = 0, ...variety }: QuotesOptions): string {
    const path = `${this.folder}/quotes-${first}-${count}.csv`;
    writeNumberedQuotes({ path, count, first, ...variety });
    return path;
  }

  /** Starts to send a file of rows, at a rate in rows a second. */
  produce(path: string, rate: number | "max", env: Record<string, string> = {}): Watched {
    const args = ["--mode", "replay", "--rate", String(rate), "--input", path, "--json"];
    return this.#spawn(["produce", ...args], env);
  }

  /** Sends numbered rows as fast as possible, to the end. */
  async fill(options: QuotesOptions, env: Record<string, string> = {}): Promise<void> {
    const path = this.quotes(options);
    const { code, stderr } = await this.ended(this.produce(path, "max", env));
    assert.equal(code, 0, stderr);
    Deno.removeSync(path);
  }

  /** Starts to consume. */
  consume(args: string[], env: Record<string, string> = {}): Watched {
    return this.#spawn(["consume", "--json", ...args], env);
  }

  /** Starts another command. */
  start(args: string[], env: Record<string, string> = {}): Watched {
    return this.#spawn(args, env);
  }

  /**
   * Asks a process to finish, as an operator would, once it has begun its work.
   * @throws when it does not end with exit code 0
   */
  async finish(process: Watched): Promise<TicklakeResult> {
    await process.waitFor(/^(consuming|replaying) /m);
    process.signal("SIGTERM");
    const result = await this.ended(process);
    assert.equal(result.code, 0, result.stderr);
    return result;
  }

  /** Waits for a process's own end. @throws when it does not come in time */
  async ended(process: Watched, timeoutMs = OWN_END_TIMEOUT_MS): Promise<TicklakeResult> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), timeoutMs);
    const result = await Promise.race([process.result, late.promise]);
    clearTimeout(timer);
    if (result !== undefined) return result;
    throw new Error(`it has not ended in ${timeoutMs} ms:\n${process.stderr}`);
  }

  /** Ends a producer and gives the number of rows that it says were acknowledged. */
  async finishProducing(producer: Watched): Promise<number> {
    const { stdout } = await this.finish(producer);
    return JSON.parse(stdout).sent;
  }

  #spawn(args: string[], env: Record<string, string>): Watched {
    const watched = spawnWatched(args, { ...this.env, ...env }, this.folder);
    this.#processes.push(watched);
    return watched;
  }

  /** Consumes all that is in the topic, without faults, and gives what it has done. */
  async consumeToEnd(args: string[] = []): Promise<Consumed> {
    this.calm();
    return await this.consumeToEndBeside(args);
  }

  /** The same while faults go on for other processes. */
  async consumeToEndBeside(args: string[] = []): Promise<Consumed> {
    const result = await this.run(["consume", "--json", "--until-end", ...args]);
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout);
  }

  /** Runs the compiled program to its end. */
  run(args: string[], env: Record<string, string> = {}): Promise<TicklakeResult> {
    return runTicklake(args, {
      binary: true,
      env: { ...this.env, ...env },
      cwd: this.folder,
      timeoutMs: END_TIMEOUT_MS,
    });
  }

  /** What `verify --deep` says. */
  async verify(): Promise<Verdict> {
    const { code, stdout, stderr } = await this.run(["verify", "--deep", "--json"]);
    assert.ok(code === 0 || code === 4, `verify ended with exit code ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** What independent programs count; each offset of the topic must be in the lake. */
  count(options: Pick<LakeCountOptions, "acknowledged" | "live"> = {}): Promise<LakeCount> {
    return countLake({ table: TABLE, number: "volume", ...this.counted, ...options });
  }

  /** Most memory that one of its consumers and producers has had, in bytes. */
  get peakRss(): number {
    return Math.max(0, ...this.#processes.map(({ peakRss }) => peakRss));
  }

  /** Ends its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.calm();
    for (const process of this.#processes) await process[Symbol.asyncDispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}
