import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeObject, LakeStore } from "../lake/store.ts";
import { type OriginColumns, readOrigins } from "./foreign_object.ts";
import { addOffset, countOffsets, type OffsetRange } from "./offset_range.ts";
import { OffsetSet } from "./offset_set.ts";
import { inParallel } from "./in_parallel.ts";
import { explainHoles } from "./verify.ts";

/** Options of {@linkcode verifyOthers}. */
export interface VerifyOthersOptions {
  broker: Broker;
  /** All its objects below `prefix` are looked at. */
  store: LakeStore;
  prefix?: string;
  topic: string;
  /** The other sink's group: where it has committed offsets, all before them must be there. */
  group: string;
  columns: OriginColumns;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What was found of one partition. */
export interface OthersVerdict {
  partition: number;
  /** Offsets `[from, end)` were expected. */
  from: number;
  end: number;
  /** Different offsets that rows have. */
  found: number;
  /** Offsets of messages that no row has. */
  missing: OffsetRange[];
  /** Offsets that several rows have. */
  duplicate: OffsetRange[];
  /** Offsets of rows at or beyond the topic's end: of another topic, or of a former one. */
  foreign: OffsetRange[];
  /** Offsets without a row of which the topic no longer says whether they had a message. */
  unproven: OffsetRange[];
  /** Offsets of the topic beyond `end`: not there yet. */
  behind: number;
}

/** What {@linkcode verifyOthers} has found. */
export interface OthersTableVerdict {
  partitions: OthersVerdict[];
  /** Objects that were read. */
  objects: number;
  /** Objects of other endings. */
  ignored: number;
  /** Objects that cannot be read, and why. */
  unreadable: Array<{ object: string; reason: string }>;
}

const READ_AT_ONCE = 4;

/** Endings of the objects that can be read. */
const READABLE = /\.(parquet|json|jsonl|ndjson)$|\.(json|jsonl|ndjson)\.gz$/;

/**
 * Compares a lake that another sink wrote with the topic: which offsets have no row, which have several. The
 * rows name their offset in a column.
 * @throws {Failure} kind `service`; kind `usage`, when there is nothing to read
 */
export async function verifyOthers(options: VerifyOthersOptions): Promise<OthersTableVerdict> {
  const { broker, store, prefix = "", topic, group, columns, signal } = options;
  const offsets = await broker.topicOffsets(topic, { signal });
  if (offsets === null) {
    throw await noSuchTopic(broker, topic, { signal });
  }
  const committed = await broker.groupOffsets(group, topic, { signal });
  const all: LakeObject[] = await Array.fromAsync(store.list(prefix, { signal }));
  const objects = all.filter(({ name }) => READABLE.test(name));
  if (objects.length === 0) {
    throw new Failure("usage", `no Parquet or JSON-lines objects in ${store.description}`, {
      fix: "Name the bucket and, with --prefix, the folder that the other sink writes to.",
    });
  }
  const seen = new Map<number, { set: OffsetSet; found: number; max: number; min: number }>();
  const again = new Map<number, Set<number>>();
  const unreadable: OthersTableVerdict["unreadable"] = [];
  let done = 0;
  await inParallel(
    objects.map(({ name }) => async () => {
      const bytes = await store.get(name, { signal });
      try {
        for (const { partition, offset } of await readOrigins(name, bytes, columns, topic)) {
          let own = seen.get(partition);
          if (own === undefined) {
            own = { set: new OffsetSet(), found: 0, max: -1, min: Infinity };
            seen.set(partition, own);
            again.set(partition, new Set());
          }
          own.max = Math.max(own.max, offset);
          own.min = Math.min(own.min, offset);
          if (own.set.add(offset)) own.found++;
          else again.get(partition)!.add(offset);
        }
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== "rejected") throw error;
        unreadable.push({ object: name, reason: error.message });
      }
      options.onProgress?.(++done, objects.length);
    }),
    READ_AT_ONCE,
  );
  const numbers = new Set([...offsets.map(({ partition }) => partition), ...seen.keys()]);
  const partitions: OthersVerdict[] = [];
  for (const partition of [...numbers].sort((a, b) => a - b)) {
    const { low, high } = offsets.find((one) => one.partition === partition) ?? { low: 0, high: 0 };
    const { set, found, max, min } = seen.get(partition) ??
      { set: new OffsetSet(), found: 0, max: -1, min: Infinity };
    const position = committed.find((one) => one.partition === partition)?.offset ?? 0;
    const from = Math.min(low, min);
    const end = Math.max(from, Math.min(high, Math.max(max + 1, position)));
    const holes: OffsetRange[] = [];
    for (let offset = from; offset < end; offset++) if (!set.has(offset)) addOffset(holes, offset);
    const foreign: OffsetRange[] = [];
    for (let offset = high; offset <= max; offset++) {
      if (set.has(offset)) addOffset(foreign, offset);
    }
    const duplicate: OffsetRange[] = [];
    for (const offset of [...again.get(partition) ?? []].sort((a, b) => a - b)) {
      addOffset(duplicate, offset);
    }
    const explained = await explainHoles(holes, { missing: [] }, low, partition, options);
    const behind = Math.max(0, high - end);
    partitions.push({ partition, from, end, found, duplicate, foreign, behind, ...explained });
  }
  return { partitions, objects: objects.length, ignored: all.length - objects.length, unreadable };
}

/** Whether no message is missing and none is there twice. */
export function isOthersProved({ partitions, unreadable }: OthersTableVerdict): boolean {
  return unreadable.length === 0 &&
    partitions.every(({ missing, duplicate, foreign }) =>
      countOffsets([...missing, ...duplicate, ...foreign]) === 0
    );
}
