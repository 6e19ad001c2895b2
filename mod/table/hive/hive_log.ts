import { objectName } from "../../lake/layout.ts";
import { tableObjects } from "../../lake/table_objects.ts";
import type { LakeStore } from "../../lake/store.ts";
import type {
  BegunRange,
  LogName,
  ObjectPlace,
  TableCallOptions,
  TableLog,
  TablePosition,
  TakeAnswer,
  WrittenRange,
} from "../table.ts";
import { requireNoMerge } from "./merge_claim.ts";
import { plainTopic, stateName } from "./state_names.ts";
import { listState, newestPositions, ofKind, recordBytes } from "./table_state.ts";

/** Milliseconds for which late objects of a former owner are removed. */
const LATE_MS = 7 * 86_400_000;

/** Options of a {@linkcode HiveLog}. */
export interface HiveLogParts {
  store: LakeStore;
  table: string;
  name: LogName;
  key: string;
  /** Folder of its state. */
  folder: string;
  notices: readonly string[];
  /** Whether it was just registered: no object of it can exist. */
  isNew: boolean;
}

/** A partition as this owner knows it. */
interface Owned {
  /** Its number, in the names of the positions that it writes. */
  term: number;
  position: TablePosition | undefined;
  /** State objects of superseded positions. */
  overtaken: string[];
  /** State object of the current position. */
  current: string | undefined;
}

/** One log in a table of Hive folders. */
export class HiveLog implements TableLog {
  readonly name: LogName;
  readonly key: string;
  readonly notices: readonly string[];
  readonly #parts: HiveLogParts;
  /** Key in the names of its objects. */
  readonly #nameKey: string;
  readonly #owned = new Map<number, Owned>();

  constructor(parts: HiveLogParts) {
    this.name = parts.name;
    this.key = parts.key;
    this.notices = parts.notices;
    this.#parts = parts;
    this.#nameKey = plainTopic(parts.folder) === undefined ? parts.folder : "";
  }

  async positions(
    owned: readonly number[],
    options: TableCallOptions = {},
  ): Promise<ReadonlyMap<number, TablePosition>> {
    const { store, table, folder } = this.#parts;
    const state = await listState(store, table, { ...options, below: folder });
    const newest = newestPositions(state, folder);
    const all = ofKind(state, "position", folder);
    for (const partition of owned) {
      const position = newest.get(partition);
      this.#owned.set(partition, {
        term: (position?.term ?? 0) + 1,
        position,
        current: position?.name,
        overtaken: all.filter((one) => one.partition === partition && one !== position)
          .map(({ name }) => name),
      });
    }
    const rewinds = ofKind(state, "rewind", folder)
      .filter(({ partition }) => owned.includes(partition));
    for (const { name, partition, term, from, end } of rewinds) {
      // A later owner has written since: it was completed, and only its record has stayed.
      const isCurrent = term >= (newest.get(partition)?.term ?? 0);
      if (isCurrent) await this.#completeRewind(partition, { from, end }, options);
      await store.remove(name, options);
    }
    if (rewinds.length > 0) return await this.positions(owned, options);
    for (const late of ofKind(state, "late", folder)) {
      if (!owned.includes(late.partition)) continue;
      await this.#removeObjects(late, { ...options, isLate: true });
      if (Date.now() - late.since > LATE_MS) await store.remove(late.name);
    }
    return newest;
  }

  objectName({ kind, partition, first, last, partitions, extension }: ObjectPlace): string {
    const { table, name: { topic } } = this.#parts;
    const log = this.#nameKey;
    return objectName({ table, topic, log, partition, first, last, kind, partitions, extension });
  }

  async take(
    ranges: readonly WrittenRange[],
    options: TableCallOptions = {},
  ): Promise<TakeAnswer[]> {
    return await Promise.all(ranges.map((range) => this.#takeOne(range, options)));
  }

  async #takeOne(
    { partition, first, end, epoch }: Pick<WrittenRange, "partition" | "first" | "end" | "epoch">,
    options: TableCallOptions,
  ): Promise<TakeAnswer> {
    const owned = this.#ownedPartition(partition);
    const { position } = owned;
    if (position !== undefined && position.end >= end) return "already";
    if (position !== undefined && position.end !== first) {
      throw new Error(
        `partition ${partition}: the table ends at offset ${position.end} and cannot append ${first} to ${
          end - 1
        }`,
      );
    }
    await this.#write(partition, owned, { from: position?.from ?? first, end, epoch }, options);
    return "taken";
  }

  async #write(
    partition: number,
    owned: Owned,
    { from, end, epoch }: TablePosition,
    options: TableCallOptions,
  ): Promise<void> {
    const { store, table, folder, name: { topic } } = this.#parts;
    const { term } = owned;
    const name = stateName(table, { kind: "position", folder, partition, term, from, end, epoch });
    const record = recordBytes({ v: 1, topic, partition, from, end, epoch });
    await Promise.all([
      store.put(name, record, options),
      // Works without permission to delete too; old names just stay.
      ...owned.overtaken.splice(0).map((name) => store.remove(name).catch(() => {})),
    ]);
    if (owned.current !== undefined) owned.overtaken.push(owned.current);
    owned.current = name;
    owned.position = { from, end, epoch };
  }

  async settle(
    range: BegunRange,
    options: TableCallOptions = {},
  ): Promise<"taken" | "removed"> {
    const { store, table, folder } = this.#parts;
    const { partition, first, end, objects, late } = range;
    if (objects !== null && (await this.#objectsOf(range, options)).length >= objects) {
      await this.#takeOne(range, options);
      return "taken";
    }
    if (late) {
      const since = Date.now();
      const name = stateName(table, { kind: "late", folder, partition, first, end, since });
      await store.put(name, recordBytes({ v: 1, partition, first, end }), options);
      // What the former owner takes late is older than what is the position from now on.
      const owned = this.#ownedPartition(partition);
      owned.term++;
      await this.#write(partition, owned, owned.position ?? { from: first, end: first }, options);
    }
    await this.#removeObjects(range, { ...options, isLate: late });
    return "removed";
  }

  async sweep(
    beyond: ReadonlyMap<number, number>,
    { signal }: TableCallOptions = {},
  ): Promise<void> {
    const { store, table, isNew, name: { topic } } = this.#parts;
    if (isNew || beyond.size === 0) return;
    const names: string[] = [];
    for await (const { name, parsed } of tableObjects(store, { table, topic, signal })) {
      const isOwn = (parsed.log ?? "") === this.#nameKey;
      if (isOwn && parsed.first >= (beyond.get(parsed.partition) ?? Infinity)) names.push(name);
    }
    for (const name of names) await store.remove(name);
  }

  async rewind(
    to: ReadonlyMap<number, TablePosition>,
    options: TableCallOptions = {},
  ): Promise<void> {
    const { store, table, folder, name: { topic } } = this.#parts;
    const log = { topic, log: this.#nameKey };
    await requireNoMerge(store, table, log, options);
    for (const [partition, { from, end }] of to) {
      const { term } = this.#ownedPartition(partition);
      const name = stateName(table, { kind: "rewind", folder, partition, term, from, end });
      await store.put(name, recordBytes({ v: 1, partition, from, end }), options);
      // A merge looks for this record after it has claimed: one of the two sees the other.
      await requireNoMerge(store, table, log, options).catch(async (error) => {
        await store.remove(name);
        throw error;
      });
      await this.#completeRewind(partition, { from, end }, options);
      await store.remove(name, options);
      // What is taken from now on is newer than the rewind, whose record may have stayed.
      this.#ownedPartition(partition).term++;
    }
  }

  /** The position first: objects beyond it are what a next owner, too, would have to remove. */
  async #completeRewind(
    partition: number,
    position: TablePosition,
    options: TableCallOptions,
  ): Promise<void> {
    const { store, table, folder, name: { topic } } = this.#parts;
    await this.#write(partition, this.#ownedPartition(partition), position, options);
    for await (const { name, parsed } of tableObjects(store, { table, topic, ...options })) {
      const isOwn = (parsed.log ?? "") === this.#nameKey && parsed.partition === partition;
      if (isOwn && parsed.first >= position.end) await store.remove(name, options);
    }
    const below = folder;
    for (const late of ofKind(await listState(store, table, { ...options, below }), "late")) {
      // A range of the same bounds may now come again.
      const isGone = late.partition === partition && late.first >= position.end;
      if (isGone) await store.remove(late.name, options);
    }
  }

  #ownedPartition(partition: number): Owned {
    const owned = this.#owned.get(partition);
    if (owned === undefined) throw new Error(`positions of partition ${partition} were not asked`);
    return owned;
  }

  async #removeObjects(
    range: Pick<BegunRange, "partition" | "first" | "end">,
    { isLate, ...options }: TableCallOptions & { isLate: boolean },
  ): Promise<void> {
    for (const { name, kind } of await this.#objectsOf(range, options)) {
      // A gap of the same bounds is what came instead.
      if (!isLate || kind !== "gap") await this.#parts.store.remove(name);
    }
  }

  async #objectsOf(
    { partition, first, end }: Pick<BegunRange, "partition" | "first" | "end">,
    { signal }: TableCallOptions,
  ): Promise<Array<{ name: string; kind: ObjectPlace["kind"] }>> {
    const { store, table, name: { topic } } = this.#parts;
    const found = [];
    for await (const { name, parsed } of tableObjects(store, { table, topic, signal })) {
      const isOwn = parsed.partition === partition && (parsed.log ?? "") === this.#nameKey &&
        parsed.first === first && parsed.last === end - 1;
      if (isOwn) found.push({ name, kind: parsed.kind });
    }
    return found;
  }
}
