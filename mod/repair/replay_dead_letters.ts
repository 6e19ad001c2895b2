import { Failure } from "../failure/failure.ts";
import { EXTENSIONS } from "../lake/format/lake_format.ts";
import type { StoredDeadLetter } from "../lake/format/read_dead_letters.ts";
import { existing } from "../lake/half_created.ts";
import { getIfThere, isThere } from "../lake/if_there.ts";
import { DEAD_LETTER_ROOT, objectName } from "../lake/layout.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { stateFolder } from "../table/hive/state_names.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import type { TableLog } from "../table/table.ts";
import { isRow, keepOthers, lettersOf } from "./letters.ts";
import { encodeRows } from "./letter_rows.ts";
import { replayIntoTable } from "./replay_into_table.ts";
import type { ReplayOptions, ReplaySummary } from "./replay_options.ts";

/** A replay of one object of dead letters that has begun: its number, in the names of the rows' objects. */
interface Begun {
  deadLetters: string;
  replay: number;
}

/**
 * Reads dead letters by the current schema; what is a row now is written into the table at its own offset,
 * and is a dead letter no more. For an Iceberg table see {@linkcode replayIntoTable}; in Hive folders each
 * object of dead letters is a step of its own:
 *
 * 1. Its replay is recorded, with a number; of several that try at once one succeeds.
 * 2. The rows are put, in objects whose names are the flush's with that number.
 * 3. The dead letters that stay are put over the former ones.
 * 4. The record is removed.
 *
 * Whoever finds a record repeats from 2, over what is there; where 3 was reached, it does 4 and begins again. Between 2 and 3 a row has its dead letter still:
 * it is in the table once, and `verify` counts it once.
 * @throws {Failure} kind `service`; kind `failed` for an object that holds something else
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplaySummary> {
  const { store, schema, signal } = options;
  const summary = { letters: 0, rows: 0, objects: 0 };
  const { replays } = options.log;
  if (replays !== undefined) {
    return await replayIntoTable(() => chosenLetters(options), replays, options);
  }
  const chosen = await chosenLetters(options);
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

/** The objects of dead letters that are to be replayed. */
async function chosenLetters(options: ReplayOptions): Promise<TableObject[]> {
  const { store, schema, topic, signal, positions, log, partition, day } = options;
  const found = await Array.fromAsync(
    tableObjects(store, { table: schema.table, topic, kinds: ["dead-letters"], signal }),
  );
  return found.filter(({ name, parsed }) =>
    isOfLog(name, parsed, log) &&
    parsed.last < (positions.get(parsed.partition)?.end ?? 0) &&
    (partition === undefined || parsed.partition === partition) &&
    (day === undefined || parsed.partitions[0]?.[1] === day)
  );
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
  const { replay, isResumed } = await begin(record, object, options);
  // Read after it was started: another replay may have changed it until then.
  const letters = await isThere(options.store, object.name, options)
    ? await lettersOf(object.name, options)
    : [];
  const still = new Set(letters.map(({ offset }) => offset));
  const former = isResumed ? await writtenBy(replay, object, options) : [];
  if (former.some(({ offsets }) => offsets?.some((offset) => !still.has(offset)) ?? true)) {
    // An attempt came as far as 3: what it wrote is only there, and another schema would write over it. The same
    // is assumed of an object that has been damaged since: `repair` knows whether others have its rows.
    await store.remove(record, { signal });
    if (letters.length > 0) await replayObject(object, false, options, summary);
    return;
  }
  const rows = letters.filter((letter) => isRow(letter, options));
  summary.letters += letters.length;
  const { names: written, accepted } = await writeRows(rows, object, replay, options);
  // Left by an attempt with another schema, of what are dead letters still.
  for (const { name } of former) if (!written.has(name)) await store.remove(name, { signal });
  if (accepted.size > 0) await keepOthers(object.name, (offset) => accepted.has(offset), options);
  summary.rows += accepted.size;
  summary.objects += written.size;
  await store.remove(record, { signal });
}

/** The objects with rows that an attempt of a replay has written, and their offsets, if they can be read. */
async function writtenBy(
  replay: number,
  object: TableObject,
  options: ReplayOptions,
): Promise<Array<{ name: string; offsets?: number[] }>> {
  const { store, signal } = options;
  const own = (await rowsOfRange(object, options)).filter(({ parsed }) => parsed.replay === replay);
  return await Promise.all(own.map(async (rows) => {
    const bytes = await store.get(rows.name, { signal });
    try {
      const { offsets } = await objectOffsets(rows, bytes);
      return { name: rows.name, offsets };
    } catch (error) {
      if (error instanceof Failure && error.kind === "rejected") return { name: rows.name };
      throw error;
    }
  }));
}

/** Where a replay is recorded. */
function recordName(table: string, deadLetters: string): string {
  const name = deadLetters.slice(DEAD_LETTER_ROOT.length + 1 + table.length + 1);
  return `${stateFolder(table)}replays/${name.replaceAll("/", "~")}.json`;
}

/** Records the replay, unless it is. @returns its number, and whether an attempt had it before */
async function begin(
  record: string,
  object: TableObject,
  options: ReplayOptions,
): Promise<{ replay: number; isResumed: boolean }> {
  const { store, signal } = options;
  const bytes = (fields: Partial<Begun>) =>
    new TextEncoder().encode(JSON.stringify({ v: 1, deadLetters: object.name, ...fields }) + "\n");
  await store.create(record, bytes({}), { signal });
  const look = () => getIfThere(store, record, { signal });
  const text = new TextDecoder().decode(await existing(store, record, look, { signal }));
  const begun = JSON.parse(text) as Partial<Begun>;
  if (begun.replay !== undefined) return { replay: begun.replay, isResumed: true };
  // Listed now that no other can begin: a number that is taken would put rows over those of a former replay.
  const former = (await rowsOfRange(object, options)).map(({ parsed }) => parsed.replay ?? 0);
  const replay = Math.max(0, ...former) + 1;
  await store.put(record, bytes({ replay }), { signal });
  return { replay, isResumed: false };
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

/** Puts the rows' objects. @returns their names, and the offsets of the rows in them */
async function writeRows(
  rows: readonly StoredDeadLetter[],
  { parsed }: TableObject,
  replay: number,
  options: ReplayOptions,
): Promise<{ names: Set<string>; accepted: ReadonlySet<number> }> {
  const { store, layout, schema, signal } = options;
  const { objects, accepted } = await encodeRows(rows, parsed, options);
  const names = new Set<string>();
  for (const { partitions, bytes } of objects) {
    const extension = EXTENSIONS[layout.format];
    const place = { ...parsed, kind: "rows", table: schema.table, partitions, replay } as const;
    const name = objectName({ ...place, extension });
    await store.put(name, bytes, { signal });
    names.add(name);
  }
  return { names, accepted };
}
