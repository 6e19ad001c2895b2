import { EXTENSIONS } from "../lake/format/lake_format.ts";
import { isThere } from "../lake/if_there.ts";
import type { TableObject } from "../lake/table_objects.ts";
import {
  isReplayed,
  replayedRanges,
  type ReplayRecord,
  replayRecordName,
  replayRecords,
} from "../table/iceberg/replay_record.ts";
import { logId } from "../table/iceberg/position.ts";
import type { LogReplays, ObjectPlace, WrittenObject } from "../table/table.ts";
import { encodeRows } from "./letter_rows.ts";
import { isRow, keepOthers, lettersOf } from "./letters.ts";
import type { ReplayOptions, ReplaySummary } from "./replay_options.ts";
import { lettersWithoutRows } from "./letters_without_rows.ts";

/** Bytes of rows after which what was read is committed. */
const COMMIT_BYTES = 32 * 2 ** 20;

/** Objects of dead letters of one commit. */
const COMMIT_OBJECTS = 200;

/** After this time a record without a commit is of a replay that was killed. */
const ABANDONED_MS = 86_400_000;

/** Rows that were encoded and are not put yet. */
interface Batch {
  letters: Array<{ name: string; rows: ReadonlySet<number> }>;
  objects: Array<Omit<WrittenObject, "name"> & { place: ObjectPlace; content: Uint8Array }>;
  bytes: number;
}

/**
 * Replays dead letters into a table that has rows by a commit alone. Some objects of dead letters are one
 * step:
 *
 * 1. Which offsets become rows is recorded, under a new id.
 * 2. The rows' files are put, and committed together with the id.
 * 3. These offsets are taken out of the objects of dead letters.
 * 4. The record is removed.
 *
 * Whoever comes next completes 3 and 4 where the table has the record's id; a record whose id the table
 * does not have was of no effect.
 */
export async function replayIntoTable(
  choose: () => Promise<readonly TableObject[]>,
  replays: LogReplays,
  options: ReplayOptions,
): Promise<ReplaySummary> {
  const { dryRun, signal, onProgress } = options;
  const summary = { letters: 0, rows: 0, objects: 0 };
  let last = await replays.last({ signal });
  if (!dryRun) await completeReplay(last, replays, options);
  // Chosen now: what the last replay has left is completed.
  const chosen = await choose();
  let batch: Batch = { letters: [], objects: [], bytes: 0 };
  const commit = async () => {
    if (batch.objects.length === 0) return;
    last = await commitBatch(batch, last, replays, options);
    summary.objects += batch.objects.length;
    batch = { letters: [], objects: [], bytes: 0 };
  };
  for (const [i, object] of chosen.entries()) {
    signal.throwIfAborted();
    onProgress?.(i + 1, chosen.length);
    const letters = await lettersOf(object.name, options);
    const rows = letters.filter((letter) => isRow(letter, options));
    summary.letters += letters.length;
    if (dryRun) summary.rows += rows.length;
    if (dryRun || rows.length === 0) continue;
    const { objects, accepted } = await encodeRows(rows, object.parsed, options);
    summary.rows += accepted.size;
    batch.letters.push({ name: object.name, rows: accepted });
    for (const { bytes, partitions, ...other } of objects) {
      const extension = EXTENSIONS[options.layout.format];
      const place = { ...object.parsed, kind: "rows", partitions, extension } as const;
      const written = { ...other, partitions, bytes: bytes.length };
      batch.objects.push({ ...written, place, content: bytes });
      batch.bytes += bytes.length;
    }
    if (batch.bytes >= COMMIT_BYTES || batch.letters.length >= COMMIT_OBJECTS) await commit();
  }
  await commit();
  return summary;
}

/**
 * Puts rows under a name that no file has: one of a former replay may be in the table.
 * @returns the name
 */
async function putNew(
  place: ObjectPlace,
  content: Uint8Array,
  { log, store, signal }: ReplayOptions,
): Promise<string> {
  for (;;) {
    const name = log.objectName({ ...place, replay: newNumber() });
    // An object whose request the client repeated by itself is taken for another's, and stays unused.
    if (await store.create(name, content, { signal })) return name;
  }
}

/** A number for the names of rows' objects, of six digits at most. */
function newNumber(): number {
  return 1 + crypto.getRandomValues(new Uint32Array(1))[0] % 999_999;
}

/** @returns the id under which it was committed */
async function commitBatch(
  { letters, objects }: Batch,
  after: string | null,
  replays: LogReplays,
  options: ReplayOptions,
): Promise<string> {
  const { store, schema: { table }, log, topic, signal } = options;
  const record: ReplayRecord = {
    id: crypto.randomUUID(),
    log: logId(log.key, topic),
    beganMs: Date.now(),
    objects: letters.map(({ name, rows }) => ({ name, rows: replayedRanges(rows) })),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(record) + "\n");
  await store.put(replayRecordName(table, record.id), bytes, { signal });
  const written: WrittenObject[] = [];
  for (const { place, content, ...object } of objects) {
    written.push({ ...object, name: await putNew(place, content, options) });
  }
  await replays.take({ id: record.id, after, objects: written }, { signal });
  await retire(record, options);
  return record.id;
}

/**
 * Completes the last replay, where it was killed after its commit. Dead letters whose rows cannot be read stay:
 * the file may have been damaged since.
 */
async function completeReplay(
  last: string | null,
  replays: LogReplays,
  options: ReplayOptions,
): Promise<void> {
  const { store, schema: { table }, log, topic, signal } = options;
  for (const record of await replayRecords(store, table, { signal })) {
    if (record.log !== logId(log.key, topic)) continue;
    if (record.id === last) {
      await retire(record, options, await lettersWithoutRows(record, replays, options));
    } else if (Date.now() - record.beganMs > ABANDONED_MS) {
      await store.remove(replayRecordName(table, record.id), { signal });
    }
  }
}

/**
 * Takes what became rows out of the dead letters. May be repeated.
 * @param kept offsets that stay dead letters, by object
 */
async function retire(
  record: ReplayRecord,
  options: ReplayOptions,
  kept: ReadonlyMap<string, ReadonlySet<number>> = new Map(),
): Promise<void> {
  const { store, schema: { table }, signal } = options;
  for (const { name, rows } of record.objects) {
    if (!await isThere(options.store, name, options)) continue;
    const isGone = (offset: number) => isReplayed(rows, offset) && !kept.get(name)?.has(offset);
    await keepOthers(name, isGone, { store, signal });
  }
  await store.remove(replayRecordName(table, record.id), { signal });
}
