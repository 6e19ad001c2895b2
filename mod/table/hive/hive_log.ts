import { Failure } from "../../failure/failure.ts";
import { objectName } from "../../lake/layout.ts";
import { generationOf } from "../../lake/object_generation.ts";
import { type TableObject, tableObjects } from "../../lake/table_objects.ts";
import type { LakeStore } from "../../lake/store.ts";
import type {
  BegunRange,
  LogName,
  ObjectPlace,
  RewindCallOptions,
  TableCallOptions,
  TableLog,
  TablePosition,
  TakeAnswer,
  WrittenRange,
} from "../table.ts";
import { isLookDue } from "./late_look.ts";
import { lateObjects } from "./late_objects.ts";
import { requireNoMerge } from "./merge_claim.ts";
import { plainTopic, stateName } from "./state_names.ts";
import {
  begunIn,
  listState,
  newestPositions,
  ofKind,
  recordBytes,
  type StateObject,
} from "./table_state.ts";

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
  /** Generation of the objects that it writes. */
  generation: number;
  /** Whether objects of earlier generations are to be looked for. */
  isLookDue: boolean;
  /** State objects that tell of former looks. */
  looks: string[];
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
  /** Whether no object of it can exist. */
  #isNew: boolean;
  /** Where `--from latest` began the partitions. */
  #begun: ReadonlyMap<number, number> = new Map();

  constructor(parts: HiveLogParts) {
    this.#isNew = parts.isNew;
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
    this.#begun = begunIn(state, folder);
    const generations = newestGenerations(state, folder);
    const now = Date.now();
    for (const partition of owned) {
      const position = newest.get(partition);
      const renewed = generations.get(partition);
      const looks = ofKind(state, "looked", folder).filter((one) => one.partition === partition);
      const looked = looks.filter(({ number }) => number === renewed?.number).map(({ at }) => at);
      this.#owned.set(partition, {
        term: (position?.term ?? 0) + 1,
        position,
        current: position?.name,
        generation: renewed?.number ?? 0,
        isLookDue: renewed !== undefined && isLookDue({ since: renewed.since, looked, now }),
        looks: looks.map(({ name }) => name),
        overtaken: all.filter((one) => one.partition === partition && one !== position)
          .map(({ name }) => name),
      });
    }
    const rewinds = ofKind(state, "rewind", folder)
      .filter(({ partition }) => owned.includes(partition));
    for (const { name, partition, term, from, end } of rewinds) {
      const position = newest.get(partition);
      // A later owner has written since: it was completed, and only its record has stayed.
      const isCurrent = position === undefined || term > position.term ||
        term === position.term && end === position.end;
      if (isCurrent) await this.#completeRewind(partition, { from, end }, term, options);
      await store.remove(name, options);
    }
    if (rewinds.length > 0) return await this.positions(owned, options);
    for (const { name, partition, number } of ofKind(state, "generation", folder)) {
      const isOld = number < generations.get(partition)!.number;
      if (isOld && owned.includes(partition)) await store.remove(name, options);
    }
    return newest;
  }

  async removeLate(options: TableCallOptions = {}): Promise<void> {
    const { store, table, folder } = this.#parts;
    const due = [...this.#owned].flatMap(([partition, { isLookDue, position, generation }]) =>
      isLookDue && position !== undefined ? [{ partition, generation, end: position.end }] : []
    );
    if (due.length === 0) return;
    const at = Date.now();
    const objects = await Array.fromAsync(this.#ownObjects(options));
    for (const { partition, generation, end } of due) {
      const own = objects.filter(({ parsed }) => parsed.partition === partition);
      for (const { name } of lateObjects(own, { generation, end })) {
        await store.remove(name, options);
      }
      const owned = this.#ownedPartition(partition);
      const state = { kind: "looked", folder, partition, number: generation, at } as const;
      const name = stateName(table, state);
      await store.put(name, recordBytes({ v: 1, partition, generation }), options);
      // As with positions, it works without permission to delete them.
      for (const former of owned.looks) await store.remove(former).catch(() => {});
      owned.looks = [name];
      owned.isLookDue = false;
    }
  }

  begun(partition: number): number | undefined {
    return this.#begun.get(partition);
  }

  generation(partition: number): number {
    return this.#owned.get(partition)?.generation ?? 0;
  }

  objectName(
    { kind, partition, first, last, generation, partitions, extension }: ObjectPlace,
  ): string {
    const { table, name: { topic } } = this.#parts;
    const place = { partition, first, last, generation, kind, partitions, extension };
    return objectName({ table, topic, log: this.#nameKey, ...place });
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
    const { partition, first, end, objects } = range;
    const owned = this.#ownedPartition(partition);
    const isOfRange = ({ parsed }: TableObject) =>
      parsed.partition === partition && parsed.first === first && parsed.last === end - 1;
    const found = (await Array.fromAsync(this.#ownObjects(options))).filter(isOfRange);
    const whole = found.filter(({ parsed }) => generationOf(parsed) === owned.generation);
    if (objects !== null && whole.length >= objects) {
      await this.#takeOne(range, options);
      return "taken";
    }
    const position = owned.position ?? { from: first, end: first };
    await this.#renew(partition, position, owned.term + 1, options);
    await this.#removeFormer(found, options);
    return "removed";
  }

  async sweep(
    beyond: ReadonlyMap<number, number>,
    options: TableCallOptions = {},
  ): Promise<void> {
    const isNew = this.#isNew;
    this.#isNew = false;
    if (isNew || beyond.size === 0) return;
    const found: TableObject[] = [];
    for await (const object of this.#ownObjects(options)) {
      const { partition, first } = object.parsed;
      if (first >= (beyond.get(partition) ?? Infinity)) found.push(object);
    }
    for (const [partition, end] of beyond) {
      const owned = this.#ownedPartition(partition);
      const own = found.filter(({ parsed }) => parsed.partition === partition);
      // Also of a partition of which there is nothing: its first flush may be on its way.
      const position = owned.position ?? { from: end, end };
      await this.#renew(partition, position, owned.term + 1, options);
      await this.#removeFormer(own, options);
    }
  }

  /** Removes objects, but for those of a next owner that has raised the generation meanwhile, too. */
  async #removeFormer(objects: readonly TableObject[], options: TableCallOptions): Promise<void> {
    const former = objects.filter(({ parsed }) =>
      generationOf(parsed) < this.#ownedPartition(parsed.partition).generation
    );
    for (const [i, { name }] of former.entries()) {
      await this.#parts.store.remove(name, options);
      options.onRemoved?.(i + 1, former.length);
    }
  }

  async rewind(
    to: ReadonlyMap<number, TablePosition>,
    { before, ...options }: RewindCallOptions = {},
  ): Promise<void> {
    const { store, table, folder, name: { topic } } = this.#parts;
    const log = { topic, log: this.#nameKey };
    await requireNoMerge(store, table, log, options);
    const records = [...to].map(([partition, { from, end }]) => {
      const term = this.#ownedPartition(partition).term + 1;
      const name = stateName(table, { kind: "rewind", folder, partition, term, from, end });
      return { partition, position: { from, end }, term, name };
    });
    try {
      for (const { partition, position, name } of records) {
        await store.put(name, recordBytes({ v: 1, partition, ...position }), options);
      }
      // A merge, and whoever is assigned the partition, looks for these records: one of the two sees the other.
      await requireNoMerge(store, table, log, options);
      await this.#requireUnchanged([...to.keys()], options);
      await before?.();
    } catch (error) {
      for (const { name } of records) await store.remove(name);
      throw error;
    }
    for (const { partition, position, term, name } of records) {
      await this.#completeRewind(partition, position, term, options);
      await store.remove(name, options);
      // What is taken from now on is newer than the rewind, whose record may have stayed.
      this.#ownedPartition(partition).term++;
    }
  }

  /** @throws {Failure} kind `failed`, when another has written a partition since its position was read */
  async #requireUnchanged(
    partitions: readonly number[],
    options: TableCallOptions,
  ): Promise<void> {
    const { store, table, folder } = this.#parts;
    const newest = newestPositions(
      await listState(store, table, { ...options, below: folder }),
      folder,
    );
    for (const partition of partitions) {
      if (newest.get(partition)?.name === this.#ownedPartition(partition).current) continue;
      throw new Failure(
        "failed",
        `partition ${partition} of table ${table} was written by a consume since this was started`,
        { fix: "Nothing was changed. Stop every consume of the group and run this again." },
      );
    }
  }

  /**
   * The position first: objects beyond it are what a next owner, too, would have to remove. Of the former
   * generations only: a next owner may have completed this meanwhile, and have written what follows.
   */
  async #completeRewind(
    partition: number,
    position: TablePosition,
    term: number,
    options: TableCallOptions,
  ): Promise<void> {
    await this.#renew(partition, position, term, options);
    const isBeyond = ({ parsed }: TableObject) =>
      parsed.partition === partition && parsed.first >= position.end;
    const objects = await Array.fromAsync(this.#ownObjects(options));
    await this.#removeFormer(objects.filter(isBeyond), options);
  }

  /**
   * Sets the position, and raises the generation of the objects beyond it: what a former owner still puts is
   * known by its name, and what it takes is of an older term.
   * @param term above those of all former owners: one that was assigned the partition before may have this
   * owner's own, where neither has written yet
   */
  async #renew(
    partition: number,
    position: TablePosition,
    term: number,
    options: TableCallOptions,
  ): Promise<void> {
    const { store, table, folder } = this.#parts;
    const owned = this.#ownedPartition(partition);
    const number = owned.generation + 1;
    const since = Date.now();
    const name = stateName(table, { kind: "generation", folder, partition, number, since });
    await store.put(name, recordBytes({ v: 1, partition, generation: number }), options);
    owned.generation = number;
    owned.term = term;
    await this.#write(partition, owned, position, options);
  }

  #ownedPartition(partition: number): Owned {
    const owned = this.#owned.get(partition);
    if (owned === undefined) throw new Error(`positions of partition ${partition} were not asked`);
    return owned;
  }

  /** The log's objects, of all partitions. */
  async *#ownObjects({ signal }: TableCallOptions): AsyncGenerator<TableObject> {
    const { store, table, name: { topic } } = this.#parts;
    for await (const object of tableObjects(store, { table, topic, signal })) {
      if ((object.parsed.log ?? "") === this.#nameKey) yield object;
    }
  }
}

function newestGenerations(
  state: readonly StateObject[],
  folder: string,
): Map<number, Extract<StateObject, { kind: "generation" }>> {
  const newest = new Map<number, Extract<StateObject, { kind: "generation" }>>();
  for (const one of ofKind(state, "generation", folder)) {
    if (one.number > (newest.get(one.partition)?.number ?? 0)) newest.set(one.partition, one);
  }
  return newest;
}
