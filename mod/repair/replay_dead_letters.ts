import type { RecordBatch } from "../broker/broker.ts";
import type { Encoder } from "../lake/format/encoder.ts";
import { EXTENSIONS } from "../lake/format/lake_format.ts";
import { readDeadLetters, type StoredDeadLetter } from "../lake/format/read_dead_letters.ts";
import { DEAD_LETTER_ROOT, objectName } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import type { MessageForm } from "../message/message_form.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Layout } from "../sink/layouts.ts";
import { OpenRange } from "../sink/open_range.ts";
import { rangeObjects } from "../sink/range_objects.ts";
import { stateFolder } from "../table/hive/state_names.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import type { TableLog, TablePosition } from "../table/table.ts";

/** Options of {@linkcode replayDeadLetters}. */
export interface ReplayOptions {
  store: LakeStore;
  log: TableLog;
  /** How far the table is, by partition: what lies beyond is a flush on its way, and is left alone. */
  positions: ReadonlyMap<number, TablePosition>;
  schema: RowSchema;
  reader: MessageReader;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
  layout: Layout;
  encoder: Encoder;
  topic: string;
  /** Only this partition. @default {all} */
  partition?: number;
  /** Only of this day, `YYYY-MM-DD`. @default {all} */
  day?: string;
  dryRun: boolean;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What a replay came to. */
export interface ReplaySummary {
  /** Dead letters that were looked at. */
  letters: number;
  /** Of these, those that are rows now. */
  rows: number;
  /** Objects with rows that were written. */
  objects: number;
}

/** Milliseconds that a replay waits for what messages are read by. */
const PREPARE_MS = 30_000;

/** A replay of one object of dead letters that has begun: its number, in the names of the rows' objects. */
interface Begun {
  deadLetters: string;
  replay: number;
}

/**
 * Reads dead letters by the schema in force; what is a row now is written into the table at its own offset,
 * and is a dead letter no more. Each object of dead letters is a step of its own:
 *
 * 1. Its replay is put on record, with a number; of several that try at once one succeeds.
 * 2. The rows are put, in objects whose names are the flush's with that number.
 * 3. The dead letters that stay are put over the former ones.
 * 4. The record is removed.
 *
 * Whoever finds a record repeats from 2, over what is there. Between 2 and 3 a row has its dead letter still:
 * it is in the table once, and `verify` counts it once.
 * @throws {Failure} kind `service`; kind `failed` for an object that holds something else
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplaySummary> {
  const { store, schema, topic, signal, positions } = options;
  const summary = { letters: 0, rows: 0, objects: 0 };
  const found = await Array.fromAsync(
    tableObjects(store, { table: schema.table, topic, kinds: ["dead-letters"], signal }),
  );
  const chosen = found.filter(({ name, parsed }) =>
    isOfLog(name, parsed, options.log) &&
    parsed.last < (positions.get(parsed.partition)?.end ?? 0) &&
    (options.partition === undefined || parsed.partition === options.partition) &&
    (options.day === undefined || parsed.partitions[0]?.[1] === options.day)
  );
  const records = new Set<string>();
  for await (const { name } of store.list(`${stateFolder(schema.table)}replays/`, { signal })) {
    records.add(name);
  }
  for (const [i, object] of chosen.entries()) {
    signal.throwIfAborted();
    options.onProgress?.(i + 1, chosen.length);
    const isBegun = records.has(recordName(schema.table, object.name));
    await replayObject(object, isBegun, options, summary);
  }
  return summary;
}

function isOfLog(name: string, parsed: TableObject["parsed"], log: TableLog): boolean {
  return log.objectName({ ...parsed }) === name;
}

async function replayObject(
  object: TableObject,
  isBegun: boolean,
  options: ReplayOptions,
  summary: ReplaySummary,
): Promise<void> {
  const { store, dryRun, signal } = options;
  if (dryRun || !isBegun) {
    const letters = await lettersOf(object.name, options);
    const rows = letters.filter((letter) => isRow(letter, options));
    if (dryRun || rows.length === 0) {
      summary.letters += letters.length;
      summary.rows += rows.length;
      return;
    }
  }
  const record = recordName(options.schema.table, object.name);
  const replay = await begin(record, object, options);
  // Read after it was begun: another replay may have changed it until then.
  const letters = await isThere(object.name, options) ? await lettersOf(object.name, options) : [];
  const rows = letters.filter((letter) => isRow(letter, options));
  summary.letters += letters.length;
  const { names: written, accepted } = await writeRows(rows, object, replay, options);
  const still = new Set(letters.map(({ offset }) => offset));
  for (const sibling of await rowsOfRange(object, options)) {
    if (sibling.parsed.replay !== replay || written.has(sibling.name)) continue;
    // Of an attempt under another schema. Where that has come to step 3, its rows are dead letters no more.
    const bytes = await store.get(sibling.name, { signal });
    const { offsets } = await objectOffsets(sibling, bytes);
    if (offsets.some((offset) => still.has(offset))) await store.remove(sibling.name, { signal });
  }
  if (accepted.size > 0) await keepOthers(object.name, accepted, options);
  summary.rows += accepted.size;
  summary.objects += written.size;
  await store.remove(record, { signal });
}

async function isThere(name: string, { store, signal }: ReplayOptions): Promise<boolean> {
  for await (const object of store.list(name, { signal })) {
    if (object.name === name) return true;
  }
  return false;
}

/** Where a replay is put on record. */
function recordName(table: string, deadLetters: string): string {
  const name = deadLetters.slice(DEAD_LETTER_ROOT.length + 1 + table.length + 1);
  return `${stateFolder(table)}replays/${name.replaceAll("/", "~")}.json`;
}

/** Puts the replay on record, unless it is. @returns its number */
async function begin(
  record: string,
  object: TableObject,
  options: ReplayOptions,
): Promise<number> {
  const { store, signal } = options;
  const bytes = (fields: Partial<Begun>) =>
    new TextEncoder().encode(JSON.stringify({ v: 1, deadLetters: object.name, ...fields }) + "\n");
  await store.create(record, bytes({}), { signal });
  const text = new TextDecoder().decode(await store.get(record, { signal }));
  const begun = JSON.parse(text) as Partial<Begun>;
  if (begun.replay !== undefined) return begun.replay;
  // Listed now that no other can begin: a number that is taken would put rows over those of a former replay.
  const former = (await rowsOfRange(object, options)).map(({ parsed }) => parsed.replay ?? 0);
  const replay = Math.max(0, ...former) + 1;
  await store.put(record, bytes({ replay }), { signal });
  return replay;
}

/** The objects with rows of the same range. */
async function rowsOfRange(
  { parsed: { partition, first, last, log } }: TableObject,
  { store, schema: { table }, topic, signal }: ReplayOptions,
): Promise<TableObject[]> {
  const all = await Array.fromAsync(tableObjects(store, { table, topic, kinds: ["rows"], signal }));
  return all.filter(({ parsed }) =>
    parsed.partition === partition && parsed.first === first && parsed.last === last &&
    parsed.log === log
  );
}

async function lettersOf(
  name: string,
  { store, form, signal }: ReplayOptions,
): Promise<StoredDeadLetter[]> {
  const letters = [...readDeadLetters(name, await store.get(name, { signal }))];
  await form?.prepare?.(letters.map(({ value }) => value), { signal, patienceMs: PREPARE_MS });
  return letters;
}

/** Whether the sink would make a row of it; a message of which only a part was kept stays. */
function isRow({ value, isCut }: StoredDeadLetter, { reader }: ReplayOptions): boolean {
  return value !== null && !isCut && reader.read(value) === null;
}

/** Puts the rows' objects. @returns their names, and the offsets of the rows in them */
async function writeRows(
  rows: readonly StoredDeadLetter[],
  { parsed }: TableObject,
  replay: number,
  options: ReplayOptions,
): Promise<{ names: Set<string>; accepted: Set<number> }> {
  const names = new Set<string>();
  const accepted = new Set<number>();
  if (rows.length === 0) return { names, accepted };
  const { store, log, layout, schema, topic, reader, encoder, signal } = options;
  const { partition, first, last } = parsed;
  const range = new OpenRange({ topic, partition, first, next: first, schema, layout });
  const batch = batchOf(rows, partition);
  const policy = { rows: Infinity, bytes: Infinity, intervalMs: Infinity };
  for (let i = 0; i < rows.length;) {
    // Partitioning may refuse what the reader takes: that stays a dead letter.
    const onRow = (_: number, __: MessageReader, offset: number) => accepted.add(offset);
    i = range.fill(batch, i, reader, policy, Infinity, onRow).next;
  }
  range.advance(last + 1);
  const { content } = range.seal();
  const place = { log, partition, first, end: last + 1 };
  for (
    const { kind, partitions, bytes } of await rangeObjects(content, layout.format, place, encoder)
  ) {
    if (kind !== "rows") continue;
    const name = objectName({
      ...parsed,
      kind,
      table: schema.table,
      partitions,
      replay,
      extension: EXTENSIONS[layout.format],
    });
    await store.put(name, bytes, { signal });
    names.add(name);
  }
  return { names, accepted };
}

/** Stored messages as a batch. */
function batchOf(letters: readonly StoredDeadLetter[], partition: number): RecordBatch {
  const last = letters[letters.length - 1].offset;
  return {
    partition,
    count: letters.length,
    nextOffset: last + 1,
    highWatermark: last + 1,
    offset: (i) => letters[i].offset,
    timestamp: (i) => timestampMs(letters[i].timestamp),
    key: (i) => letters[i].key,
    value: (i) => letters[i].value,
    headers: (i) => letters[i].headers,
  };
}

function timestampMs(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
}

/** Puts what stays over the former object, line by line as it was; where nothing stays it is removed. */
async function keepOthers(
  name: string,
  rows: ReadonlySet<number>,
  { store, signal }: ReplayOptions,
): Promise<void> {
  const bytes = await store.get(name, { signal });
  const kept: Uint8Array[] = [];
  const letters = readDeadLetters(name, bytes);
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found + 1;
    const letter = letters.next().value;
    if (letter !== undefined && !rows.has(letter.offset)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  if (kept.length === 0) return await store.remove(name, { signal });
  const size = kept.reduce((sum, { length }) => sum + length, 0);
  const joined = new Uint8Array(size);
  let at = 0;
  for (const line of kept) {
    joined.set(line, at);
    at += line.length;
  }
  await store.put(name, joined, { signal });
}
