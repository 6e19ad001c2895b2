import assert from "node:assert/strict";
import { python, runTicklake, uniqueName } from "../../services/services.ts";
import { type BoundedResult, runBounded } from "./bounded_process.ts";

/** Memory of a small host, all of which one process may have. */
const HOST_BYTES = 512 * 2 ** 20;

/** Rows among the messages of every input. */
const ROWS = 100;

/** Something in a topic that takes much memory to read. */
export interface MemoryInput {
  /** For the table. */
  what: string;
  /** Arguments of write_input.py. */
  kind: "value" | "bomb" | "many" | "packed" | "random";
  size: number;
}

/** The inputs, the smallest first. */
export const MEMORY_INPUTS: readonly MemoryInput[] = [
  { what: "a value of 100 MiB in a gzip batch of 102 KB", kind: "value", size: 100 },
  { what: "a value of 300 MiB in a gzip batch", kind: "value", size: 300 },
  { what: "a value of 500 MiB in a gzip batch", kind: "value", size: 500 },
  { what: "1.2 GB in one LZ4 batch of 5 MB", kind: "bomb", size: 12 },
  {
    what: "1,000,000 messages of one byte, as kafka-python sends them",
    kind: "many",
    size: 1_000_000,
  },
  {
    what: "1,000,000 messages of one byte in one LZ4 batch",
    kind: "packed",
    size: 1_000_000,
  },
  { what: "random lengths in random codecs", kind: "random", size: 100_000 },
];

/** How an input is read. */
export interface MemorySetup {
  /** For the table. */
  what: string;
  tableFormat: "hive" | "iceberg";
  /** A schema registry's address: rows are Avro by it. Without one they are JSON. */
  registry?: string;
  /** `--max-memory` in MiB. @default {256, the setting's own} */
  maxMemory?: number;
}

/** As the settings come. */
export const PLAIN: MemorySetup = { what: "", tableFormat: "hive" };

/** The other setups. @param registry address of a schema registry */
export function memorySetups(registry: string): readonly MemorySetup[] {
  const iceberg = { tableFormat: "iceberg", registry } as const;
  return [
    { what: "--max-memory 64MiB", tableFormat: "hive", maxMemory: 64 },
    { what: "Iceberg, Avro by a registry", ...iceberg },
    { what: "Iceberg, Avro by a registry, --max-memory 64MiB", ...iceberg, maxMemory: 64 },
  ];
}

/** What the program takes by itself, in MiB. */
const OWN = 150;

/** What messages of several MiB take on their way, in MiB: the largest that is taken whole, about five times. */
const LARGE_MESSAGES = 75;

/** Most memory that an input may take, in MiB. */
export function mostMemory({ kind }: MemoryInput, { maxMemory = 256 }: MemorySetup): number {
  return maxMemory + OWN + (kind === "random" ? LARGE_MESSAGES : 0);
}

/** What reading an input came to. */
export interface MemoryOutcome extends BoundedResult {
  messages: number;
  seconds: number;
}

/** An input in a topic of its own. */
interface Written {
  messages: number;
  /** Settings with which it is read. */
  env: Record<string, string>;
}

async function writeInput(
  { kind, size }: MemoryInput,
  kafka: string,
  registry?: string,
): Promise<Written> {
  const topic = uniqueName("memory");
  const script = new URL("./write_input.py", import.meta.url);
  const written = await python(script, [kafka, topic, kind, String(size), registry ?? ""]);
  const env = { KAFKA_BOOTSTRAP_SERVERS: kafka, KAFKA_TOPIC: topic, KAFKA_GROUP_ID: topic };
  return { messages: Number(written), env };
}

/**
 * Reads an input on a host of {@linkcode HOST_BYTES}.
 * @param kafka `HOST:PORT`
 * @throws {assert.AssertionError} when it does not end well, takes more than {@linkcode mostMemory}, or a message is
 * neither a row nor a dead letter
 */
export async function readInput(
  input: MemoryInput,
  kafka: string,
  setup: MemorySetup = PLAIN,
): Promise<MemoryOutcome> {
  const { messages, env } = await writeInput(input, kafka, setup.registry);
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-memory-" });
  try {
    env.TICKLAKE_TABLE_FORMAT = setup.tableFormat;
    if (setup.maxMemory !== undefined) env.TICKLAKE_MAX_MEMORY = `${setup.maxMemory}MiB`;
    if (setup.registry !== undefined) {
      Object.assign(env, {
        SCHEMA_REGISTRY_URL: setup.registry,
        TICKLAKE_MESSAGE_FORMAT: "avro",
      });
    }
    const startedAt = performance.now();
    const result = await runBounded(["consume", "--until-end", "--json"], {
      env,
      cwd,
      memory: HOST_BYTES,
      timeoutMs: 600_000,
    });
    const outcome = { ...result, messages, seconds: (performance.now() - startedAt) / 1000 };
    const said = `${mebibytes(outcome.peakRss)} MiB, killed: ${outcome.killed}\n${outcome.stderr}`;
    assert.equal(outcome.code, 0, said);
    const { read, written: rows, rejected } = JSON.parse(outcome.stdout);
    assert.deepEqual([read, rows, rejected], [messages, ROWS, messages - ROWS], said);
    assert.ok(mebibytes(outcome.peakRss) <= mostMemory(input, setup), said);
    const verified = await runTicklake(["verify", "--deep"], { binary: true, env, cwd });
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    return outcome;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** Milliseconds that an earlier release gets for an input. */
const RELEASE_MS = 120_000;

/**
 * What an earlier release does with an input on the same host, as the settings come.
 * @param program its path
 */
export async function readByRelease(
  program: string,
  input: MemoryInput,
  kafka: string,
): Promise<string> {
  const { messages, env } = await writeInput(input, kafka);
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-memory-" });
  try {
    const { code, killed, peakRss, stdout, signal } = await runBounded(
      ["consume", "--until-end", "--json"],
      { env, cwd, memory: HOST_BYTES, timeoutMs: RELEASE_MS, program },
    );
    const most = `${mebibytes(peakRss)} MiB`;
    if (killed && signal === "SIGKILL") return `killed with ${most}`;
    if (code !== 0) return `exit ${code} with ${most}`;
    const { read } = JSON.parse(stdout);
    return `${read === messages ? "finished" : `${read} messages read`} with ${most}`;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** Bytes as MiB, without a fraction. */
export function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
