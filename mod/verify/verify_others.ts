import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import { addOffset, countOffsets, type OffsetRange } from "./offset_range.ts";
import { OffsetSet } from "./offset_set.ts";
import { inParallel } from "./in_parallel.ts";
import type { ObjectsOfOthers } from "./objects_of_others.ts";
import { explainHoles } from "./verify.ts";

/** Options of {@linkcode verifyOthers}. */
export interface VerifyOthersOptions {
  broker: Broker;
  objects: ObjectsOfOthers["objects"];
  topic: string;
  /** The other sink's group: where it has committed offsets, all before them must be there. */
  group: string;
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
  /** Offsets of rows that delete files of an Iceberg table take away, and that no other row has. */
  deleted: OffsetRange[];
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
  /** Objects that cannot be read, and why. */
  unreadable: Array<{ object: string; reason: string }>;
}

const READ_AT_ONCE = 4;

/** What the rows of one partition say. */
class Seen {
  readonly offsets = new OffsetSet();
  readonly again = new Set<number>();
  /** Offsets of rows that are deleted. */
  readonly deleted = new OffsetSet();
  found = 0;
  min = Infinity;
  max = -1;

  add(offset: number, isDeleted: boolean): void {
    this.max = Math.max(this.max, offset);
    this.min = Math.min(this.min, offset);
    if (isDeleted) this.deleted.add(offset);
    else if (this.offsets.add(offset)) this.found++;
    else this.again.add(offset);
  }
}

type ByPartition = Map<number, Seen>;

/**
 * Compares what another sink wrote with the topic: which offsets have no row, which have several. The rows name
 * their offset in a column.
 * @throws {Failure} kind `service`
 */
export async function verifyOthers(options: VerifyOthersOptions): Promise<OthersTableVerdict> {
  const { broker, topic, group, objects, signal } = options;
  const offsets = await broker.topicOffsets(topic, { signal });
  if (offsets === null) {
    throw await noSuchTopic(broker, topic, { signal });
  }
  const committed = await broker.groupOffsets(group, topic, { signal });
  const { seen, unreadable } = await readAll(options);
  const numbers = new Set([...offsets.map(({ partition }) => partition), ...seen.keys()]);
  const partitions: OthersVerdict[] = [];
  for (const partition of [...numbers].sort((a, b) => a - b)) {
    const { low, high } = offsets.find((one) => one.partition === partition) ?? { low: 0, high: 0 };
    const own = seen.get(partition) ?? new Seen();
    const { found, max, min } = own;
    const position = committed.find((one) => one.partition === partition)?.offset ?? 0;
    const from = Math.min(low, min);
    const end = Math.max(from, Math.min(high, Math.max(max + 1, position)));
    const holes: OffsetRange[] = [];
    const deleted: OffsetRange[] = [];
    for (let offset = from; offset < end; offset++) {
      if (own.offsets.has(offset)) continue;
      addOffset(own.deleted.has(offset) ? deleted : holes, offset);
    }
    const foreign: OffsetRange[] = [];
    for (let offset = high; offset <= max; offset++) {
      if (own.offsets.has(offset)) addOffset(foreign, offset);
    }
    const duplicate: OffsetRange[] = [];
    for (const offset of [...own.again].sort((a, b) => a - b)) addOffset(duplicate, offset);
    const explained = await explainHoles(holes, { missing: [] }, low, partition, options);
    const behind = Math.max(0, high - end);
    partitions.push({
      ...{ partition, from, end, found, duplicate, foreign, deleted, behind },
      ...explained,
    });
  }
  return { partitions, objects: objects.length, unreadable };
}

/** Reads all objects. @returns what their rows say, by partition */
async function readAll(
  { objects, onProgress }: VerifyOthersOptions,
): Promise<{ seen: ByPartition; unreadable: OthersTableVerdict["unreadable"] }> {
  const seen: ByPartition = new Map();
  const unreadable: OthersTableVerdict["unreadable"] = [];
  let done = 0;
  await inParallel(
    objects.map(({ name, read }) => async () => {
      try {
        for (const { partition, offset, isDeleted } of await read()) {
          let own = seen.get(partition);
          if (own === undefined) seen.set(partition, own = new Seen());
          own.add(offset, isDeleted);
        }
      } catch (error) {
        if (!(error instanceof Failure) || error.kind === "service") throw error;
        unreadable.push({ object: name, reason: error.message });
      }
      onProgress?.(++done, objects.length);
    }),
    READ_AT_ONCE,
  );
  return { seen, unreadable };
}

/** Whether no message is missing and none is there twice. */
export function isOthersProved({ partitions, unreadable }: OthersTableVerdict): boolean {
  return unreadable.length === 0 &&
    partitions.every(({ missing, duplicate, foreign }) =>
      countOffsets([...missing, ...duplicate, ...foreign]) === 0
    );
}
