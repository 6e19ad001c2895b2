import { countText } from "../../terminal/amount_text.ts";
import { EXTENSIONS } from "../../lake/format/lake_format.ts";
import { gapPartitions, objectName } from "../../lake/layout.ts";
import { Partitioning } from "../../lake/partitioning.ts";
import { type TableObject, tableObjects } from "../../lake/table_objects.ts";
import type { LakeStore } from "../../lake/store.ts";
import { anotherLog } from "../another_log.ts";
import { begunOffsets } from "../begun_offsets.ts";
import { gapContent } from "../gap_content.ts";
import { logKey } from "../log_key.ts";
import type {
  GapReason,
  GroupStanding,
  LogName,
  LogWriter,
  Table,
  TableCallOptions,
  TableDescription,
  TableLog,
  TablePosition,
} from "../table.ts";
import {
  isOldLog,
  objectsOfLog,
  type OldLog,
  readOldLog,
  requireOldForm,
  requireOldTypes,
  withUnread,
} from "./adopt.ts";
import { HiveLog } from "./hive_log.ts";
import { requireNoIceberg } from "./iceberg_in_place.ts";
import { requireHive } from "./migrated.ts";
import { plainFolder, plainTopic, type StateName, stateName } from "./state_names.ts";
import { describeTable, recordOf } from "./table_record.ts";
import {
  isPending,
  listState,
  newestPositions,
  ofKind,
  recordBytes,
  recordedLogs,
  type StateObject,
} from "./table_state.ts";
import { registerGroup } from "./writing_group.ts";

/**
 * A table of objects in Hive folders, `PREFIX/TABLE/dt=…/`: every object there is in the table. For
 * its state see `state_names.ts`.
 */
export function openHiveTable(store: LakeStore, description: TableDescription): Table {
  return new HiveTable(store, description);
}

/** A log that is being opened. */
interface Opening {
  name: LogName;
  key: string;
  state: readonly StateObject[];
  writer: LogWriter;
  /** Notices for users. */
  notices: string[];
  options: TableCallOptions;
}

/** Reason of the gaps that an upgrade records. */
const UNREAD: GapReason = "unread";

/** Records that are written at once. */
const RECORDS_AT_ONCE = 8;

class HiveTable implements Table {
  readonly description: string;
  readonly #store: LakeStore;
  readonly #wanted: TableDescription;
  readonly #table: string;

  constructor(store: LakeStore, wanted: TableDescription) {
    this.#store = store;
    this.#wanted = wanted;
    this.#table = wanted.schema.table;
    this.description = `table ${this.#table} in ${store.description}`;
  }

  async log(name: LogName, writer: LogWriter, options: TableCallOptions = {}): Promise<TableLog> {
    const store = this.#store;
    const table = this.#table;
    const notices: string[] = [];
    let state = await listState(store, table, options);
    requireHive(table, state);
    if (ofKind(state, "table").length === 0) {
      await requireNoIceberg(store, table, options);
      await this.#findObjects(options);
      state = await listState(store, table, options);
    }
    await describeTable(store, table, recordOf(this.#wanted), state, options);
    const opening = { name, key: await logKey(name), state, writer, notices, options };
    const folder = await this.#folderOf(opening);
    // Until its group is registered, nothing of a log is consumed.
    const isNew = !state.some((one) =>
      "folder" in one && one.folder === folder && one.kind !== "log" && one.kind !== "begun"
    );
    if (isNew && writer.from === "latest") await this.#beginAtEnd(opening, folder);
    await registerGroup(store, table, folder, writer, options);
    return new HiveLog({ store, table, name, key: opening.key, folder, notices, isNew });
  }

  /** Lists objects if the table has no record: it is of release 0.1.0, or its record is gone. */
  async #findObjects(options: TableCallOptions): Promise<void> {
    const { schema, format, partitionBy } = this.#wanted;
    const objects: TableObject[] = [];
    const found = { table: this.#table, signal: options.signal };
    for await (const object of tableObjects(this.#store, found)) objects.push(object);
    const columns = new Partitioning(partitionBy, schema).names;
    requireOldForm(this.#table, objects, { extension: EXTENSIONS[format], columns });
    await requireOldTypes(this.#store, objects, schema, options);
    const folders = new Set(objects.map(({ parsed }) => parsed.log ?? plainFolder(parsed.topic)));
    for (const folder of folders) await this.#record({ kind: "found", folder }, {}, options);
  }

  /**
   * The folder of a log's state. The plain one, whose objects have names without a key, is that of the
   * first log of the topic's name that 0.1.0 or a broker without ids has brought; of an identified log
   * only when it is that log.
   */
  async #folderOf(opening: Opening): Promise<string> {
    const { name, name: { topic }, key, state, writer, notices, options } = opening;
    const plain = plainFolder(topic);
    const isThere = state.some((one) => "folder" in one && one.folder === plain);
    if (key === "") {
      notices.push(
        `the broker has no topic ids: if ${topic} is recreated, that goes unnoticed`,
      );
      if (isPending(state, plain)) {
        const old = await this.#readOld(opening, "");
        await this.#adopt(opening, plain, old);
        notices.push(...unreadNotice(topic, old.unread));
      }
      return plain;
    }
    const claim = ofKind(state, "log", plain)[0];
    if (claim?.key === key) return plain;
    if (!isThere || claim !== undefined) return await this.#keyed(opening);
    const old = await this.#readOld(opening, "");
    const positions = isPending(state, plain) ? old.positions : newestPositions(state, plain);
    if (!await isOldLog(this.#store, { ...old, positions }, writer, options)) {
      return await this.#keyed(opening);
    }
    const unread = isPending(state, plain) ? old.unread : new Map();
    if (isPending(state, plain)) await this.#adopt(opening, plain, old);
    await this.#record({ kind: "log", folder: plain, key }, { ...name }, options);
    notices.push(
      `table ${this.#table} is upgraded from ticklake 0.1.0: ${
        countText(countOf(positions) - countOf(unread), "offset")
      } of ` +
        `${topic} in ${
          countText(old.objects, "object")
        }; from now on the lake records its position`,
      ...unreadNotice(topic, unread),
    );
    return plain;
  }

  /** The folder of a log of its own key. */
  async #keyed(opening: Opening): Promise<string> {
    const { name, key, state, notices, options } = opening;
    if (isPending(state, key)) {
      const old = await this.#readOld(opening, key);
      await this.#adopt(opening, key, old);
      notices.push(
        `the records of table ${this.#table} were missing: rebuilt from ${
          countText(old.objects, "object")
        }, with ` +
          `${countText(countOf(old.positions), "offset")} of ${name.topic}`,
      );
    }
    if (ofKind(state, "log", key).length === 0) {
      const all = await recordedLogs(this.#store, this.#table, options);
      const isAnother = all.some((log) =>
        log.topic === name.topic && log.key !== key &&
        (log.positions.size > 0 || isPending(state, log.key || plainFolder(log.topic)))
      );
      if (isAnother) notices.push(anotherLog(name.topic, this.#table));
      await this.#record({ kind: "log", folder: key, key }, { ...name }, options);
    }
    return key;
  }

  /**
   * Records where `--from latest` begins a log. One that follows another of its topic's name begins
   * at its beginning.
   */
  async #beginAtEnd(
    { name: { topic }, key, writer, options }: Opening,
    folder: string,
  ): Promise<void> {
    const own = plainTopic(folder) === undefined ? key : "";
    const logs = await recordedLogs(this.#store, this.#table, options);
    if (logs.some((log) => log.topic === topic && log.key !== own)) return;
    const begun = [...await begunOffsets(writer, key)];
    for (let i = 0; i < begun.length; i += RECORDS_AT_ONCE) {
      const some = begun.slice(i, i + RECORDS_AT_ONCE);
      await Promise.all(
        some.map(([partition, offset]) =>
          this.#record({ kind: "begun", folder, partition, offset }, { partition, offset }, options)
        ),
      );
    }
  }

  async #readOld(opening: Opening, key: string): Promise<OldLog> {
    const { name: { topic }, writer, options } = opening;
    const objects = await objectsOfLog(this.#store, this.#table, { topic, key }, options);
    const lows = new Map((await writer.offsets()).map(({ partition, low }) => [partition, low]));
    // What the group has committed of a former log of this name says nothing about this one.
    const isOf = ({ log = opening.key }: GroupStanding) => log === opening.key;
    const standings = (await writer.committed()).filter(isOf);
    const old = await readOldLog(this.#store, objects, standings, lows, options);
    // This release records why a log with a key begins where it does.
    return key === "" ? withUnread(old, standings, lows) : old;
  }

  async #adopt(
    { name: { topic }, options }: Opening,
    folder: string,
    old: OldLog,
  ): Promise<void> {
    const store = this.#store;
    const table = this.#table;
    for (const { name } of old.unfinished) await store.remove(name);
    // Before the positions: if this is interrupted, the next start finds them among the objects.
    for (const [partition, { from, end }] of old.unread) {
      const range = { topic, partition, first: from, last: end - 1 };
      const partitions = gapPartitions(UNREAD);
      const name = objectName({ table, ...range, kind: "gap", partitions, extension: "json" });
      await store.put(name, gapContent(range, UNREAD), options);
    }
    for (const [partition, { from, end }] of old.positions) {
      // Any owner's own is newer.
      const state = { kind: "position", folder, partition, term: 0, from, end } as const;
      await this.#record(state, { partition, from, end }, options);
    }
    const since = Date.now();
    for (const [partition, number] of old.generations) {
      const state = { kind: "generation", folder, partition, number, since } as const;
      await this.#record(state, { partition, generation: number }, options);
    }
    await this.#record({ kind: "adopted", folder }, { objects: old.objects }, options);
  }

  async #record(
    state: StateName,
    record: Record<string, unknown>,
    options: TableCallOptions,
  ): Promise<void> {
    await this.#store.put(stateName(this.#table, state), recordBytes({ v: 1, ...record }), options);
  }
}

function countOf(positions: ReadonlyMap<number, TablePosition>): number {
  return [...positions.values()].reduce((sum, { from, end }) => sum + end - from, 0);
}

/** Says what an upgrade has recorded as a gap: at most one line. */
function unreadNotice(topic: string, unread: OldLog["unread"]): string[] {
  if (unread.size === 0) return [];
  const partitions = [...unread.keys()].sort((a, b) => a - b).join(", ");
  return [
    `${
      countText(countOf(unread), "offset")
    } of ${topic} before where ticklake 0.1.0 began partition ` +
    `${partitions} are recorded as a gap: --from latest and a reset leave them on purpose, and two ` +
    "faults of 0.1.0 left them too. To read them: `ticklake reset --to earliest --rewrite`, then consume",
  ];
}
