import type { EmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";

/** A log's files, by their suffix. */
export type LogBytes = ReadonlyMap<string, Uint8Array>;

/** Numbers in `[0, 1)` by a seed. */
export function randomBy(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Ways to damage a log's files. */
export const DAMAGES: Readonly<
  Record<string, (files: Map<string, Uint8Array>, random: () => number) => void>
> = {
  "a page of zeros": (files, random) => pageOf(files, random).fill(0),
  "a page of random bytes": (files, random) => scramble(pageOf(files, random), random),
  "several pages of random bytes": (files, random) => {
    for (let i = 0; i < 5; i++) scramble(pageOf(files, random), random);
  },
  "single bits": (files, random) => {
    const bytes = files.get("")!;
    for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)] ^= 1 << random() * 8;
  },
  "a cut end": (files, random) => {
    const bytes = files.get("")!;
    files.set("", bytes.slice(0, Math.floor(bytes.length * (0.2 + 0.8 * random()))));
  },
  "an overwritten header": (files, random) => scramble(files.get("")!.subarray(0, 100), random),
  "an overwritten first page": (files, random) =>
    scramble(files.get("")!.subarray(0, 16_384), random),
  "a page of another": (files, random) => pageOf(files, random).set(pageOf(files, random)),
  "a damaged write-ahead log": (files, random) => {
    const wal = files.get("-wal");
    if (wal === undefined) return;
    const at = Math.floor(random() * wal.length);
    scramble(wal.subarray(at, at + 5000), random);
  },
};

function pageOf(files: ReadonlyMap<string, Uint8Array>, random: () => number): Uint8Array {
  const bytes = files.get("")!;
  const page = Math.floor(random() * bytes.length / 16_384);
  return bytes.subarray(page * 16_384, (page + 1) * 16_384);
}

function scramble(bytes: Uint8Array, random: () => number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
}

/** Copies of a log's files. */
export function readLogFiles(path: string): LogBytes {
  const files = new Map<string, Uint8Array>();
  for (const suffix of ["", "-wal"]) {
    try {
      files.set(suffix, Deno.readFileSync(path + suffix));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return files;
}

/** Everything a topic has, by partition and offset. */
export async function contentOf(
  broker: EmbeddedBroker,
  topic: string,
): Promise<{ messages: Map<string, string>; lost: Set<string>; ends: Map<number, number[]> }> {
  const messages = new Map<string, string>();
  const lost = new Set<string>();
  const ends = new Map<number, number[]>();
  for (const { partition, low, high } of await broker.topicOffsets(topic) ?? []) {
    ends.set(partition, [low, high]);
    const batches = broker.read(topic, partition, low, high, {
      unreadable({ first, end }) {
        for (let offset = first; offset < end; offset++) lost.add(`${partition}/${offset}`);
      },
    });
    for await (const batch of batches) {
      for (let i = 0; i < batch.count; i++) {
        const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
        messages.set(
          `${partition}/${batch.offset(i)}`,
          JSON.stringify([batch.timestamp(i), text(batch.key(i)), text(batch.value(i))]),
        );
      }
    }
  }
  return { messages, lost, ends };
}
