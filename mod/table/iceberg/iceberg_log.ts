import { Failure } from "../../failure/failure.ts";
import { objectName } from "../../lake/layout.ts";
import { type TableObject, tableObjects } from "../../lake/table_objects.ts";
import type {
  BegunRange,
  LogName,
  LogReplays,
  ObjectPlace,
  RewindCallOptions,
  TableCallOptions,
  TableLog,
  TablePosition,
  TakeAnswer,
  WrittenObject,
  WrittenRange,
} from "../table.ts";
import { overtakenIn } from "./committed_range.ts";
import { dataFile } from "./data_file.ts";
import { dataFolder, logOfName } from "./file_origin.ts";
import { Gather } from "./gather.ts";
import { fenceOff } from "./fence_off.ts";
import { giveUp } from "./give_up.ts";
import type { IcebergTableParts } from "./iceberg_parts.ts";
import { lateLetters, mayBeLate } from "./late_letters.ts";
import { liveEntries } from "./live_entries.ts";
import { currentSchema, type TableMetadata } from "./metadata.ts";
import { lastChange } from "./ownership.ts";
import { specOfPaths } from "./partition_spec.ts";
import { begunOf, logRecord, positionsOf, rewindOf, type Rewinds } from "./position.ts";
import { icebergReplays } from "./replays.ts";
import { rewindTable } from "./rewind.ts";
import type { AddedFile } from "./snapshot.ts";
import { type FileRange, takeRanges } from "./take_ranges.ts";

/** Which log an {@linkcode IcebergLog} is. */
export interface IcebergLogName {
  name: LogName;
  /** See `logKey`. */
  key: string;
  /** Its id in the table's properties. */
  id: string;
  /** The table's UUID. */
  uuid: string;
  /** Ids of the columns, by name. */
  fieldIds: ReadonlyMap<string, number>;
  /** The consumer group that writes it, or whose place a command takes. */
  group: string;
  /** See `TableLog`. */
  notices: readonly string[];
}

/** One log in an Iceberg table. */
export class IcebergLog implements TableLog {
  readonly name: LogName;
  readonly key: string;
  readonly table: string;
  readonly fieldIds: ReadonlyMap<string, number>;
  readonly notices: readonly string[];
  readonly #parts: IcebergTableParts;
  readonly #id: string;
  readonly #uuid: string;
  readonly #group: string;
  readonly #gather: Gather;
  readonly replays: LogReplays;
  /** The rewinds of the partitions whose positions were read. */
  readonly #rewinds = new Map<number, Rewinds>();
  /** Where `--from latest` began them. */
  readonly #begun = new Map<number, number | undefined>();
  /** The partitions whose positions were read. */
  #owned: readonly number[] = [];
  /** Aborts commits whose result is no longer needed. */
  #signal: AbortSignal | undefined;

  constructor(
    parts: IcebergTableParts,
    { name, key, id, uuid, fieldIds, group, notices }: IcebergLogName,
  ) {
    this.name = name;
    this.key = key;
    this.table = parts.description.schema.table;
    this.fieldIds = fieldIds;
    this.notices = notices;
    this.#parts = parts;
    this.#id = id;
    this.#uuid = uuid;
    this.#group = group;
    this.#gather = new Gather({
      waitMs: parts.gatherMs,
      commit: (ranges) => this.#commit(ranges),
    });
    this.replays = icebergReplays({
      ...this.#commitOptions(),
      addedFile: (object, metadata) => this.#addedFile(object, metadata),
    });
  }

  async positions(
    owned: readonly number[] = [],
    options: TableCallOptions = {},
  ): Promise<ReadonlyMap<number, TablePosition>> {
    const base = await this.#parts.catalog.load();
    options.signal?.throwIfAborted();
    if (base === undefined) return new Map();
    this.#owned = owned;
    const beyond = new Map<number, number>();
    for (const partition of owned) {
      const rewinds = rewindOf(base.metadata, this.#id, partition);
      this.#rewinds.set(partition, rewinds);
      this.#begun.set(partition, begunOf(base.metadata, this.#id, partition));
      if (rewinds.end !== undefined) beyond.set(partition, rewinds.end);
    }
    // Of ranges that a rewind removed: its commit removed their rows; dead letters are objects beside the table.
    await this.#sweep(beyond, { isFenced: true, ...options });
    return positionsOf(base.metadata, this.#id);
  }

  begun(partition: number): number | undefined {
    return this.#begun.get(partition);
  }

  /** The number of rewinds, in the names of dead letters and gaps: a late put of a former owner overwrites none. */
  generation(partition: number): number {
    return this.#rewinds.get(partition)?.count ?? 0;
  }

  objectName(place: ObjectPlace): string {
    const { schema: { table } } = this.#parts.description;
    const { name: { topic }, key: log } = this;
    const { kind, partition, first, last, partitions, replay, extension } = place;
    // Data files of each rewind have a folder of their own.
    const hasFolder = kind === "rows" && replay === undefined;
    const generation = hasFolder ? undefined : place.generation;
    const range = { topic, log, partition, first, last, generation };
    const name = objectName({ table, ...range, kind, partitions, replay, extension });
    if (kind !== "rows") return name;
    const folder = dataFolder(table, this.#rewinds.get(partition)?.count);
    return `${folder}${name.slice(table.length + 1)}`;
  }

  announce(partition: number): () => void {
    return this.#gather.announce(partition);
  }

  async take(
    ranges: readonly WrittenRange[],
    { signal }: TableCallOptions = {},
  ): Promise<TakeAnswer[]> {
    signal?.throwIfAborted();
    this.#signal = signal;
    try {
      const answers = await this.#gather.take(ranges.map((range) => this.#fileRange(range)));
      await this.#removeUntaken(ranges.filter((_, i) => answers[i] === "already"), { signal });
      return answers;
    } catch (error) {
      const isRefused = error instanceof Failure && error.kind === "failed";
      if (isRefused) await this.#removeUntaken(ranges, { signal });
      throw error;
    }
  }

  /**
   * Removes the dead letters of ranges that were not taken, since another group has committed their offsets in
   * ranges of other bounds: objects beside the table count as soon as its position is beyond them.
   */
  async #removeUntaken(
    ranges: readonly WrittenRange[],
    options: TableCallOptions,
  ): Promise<void> {
    const own = ranges.filter(({ deadLetters }) => deadLetters.length > 0);
    const base = own.length === 0 ? undefined : await this.#parts.catalog.load();
    if (base === undefined) return;
    const isOvertaken = overtakenIn(base.metadata, this.#id);
    for (const { deadLetters } of own.filter(isOvertaken)) {
      for (const { name } of deadLetters) await this.#parts.files.store.remove(name, options);
    }
  }

  async settle(
    { partition, first, end, isOver: late }: BegunRange,
    options: TableCallOptions = {},
  ): Promise<"taken" | "removed"> {
    const answer = await giveUp({ ...this.#commitOptions(), partition, first, end, late });
    // Files with rows are in no manifest, so no reader sees them. Dead letters are found by listing.
    if (answer === "removed") {
      await this.#readRewinds([partition]);
      await this.#removeLetters(
        ({ parsed }) =>
          parsed.partition === partition && parsed.first === first && parsed.last === end - 1,
        options,
      );
    }
    return answer;
  }

  async sweep(
    beyond: ReadonlyMap<number, number>,
    options: TableCallOptions = {},
  ): Promise<void> {
    await this.#sweep(beyond, { isFenced: false, ...options });
  }

  /** @param isFenced whether former owners are refused already, but for those that have put something since */
  async #sweep(
    beyond: ReadonlyMap<number, number>,
    { isFenced, ...options }: TableCallOptions & { isFenced: boolean },
  ): Promise<void> {
    if (beyond.size === 0) return;
    const { catalog, files: { store } } = this.#parts;
    for (;;) {
      const base = await catalog.load();
      const positions = base === undefined ? new Map() : positionsOf(base.metadata, this.#id);
      const letters = await this.#letters(base?.metadata ?? {}, options);
      const gone = letters.filter(({ parsed: { partition, first } }) => {
        const end = beyond.get(partition);
        // What was taken meanwhile stays.
        return end !== undefined && first >= end && (positions.get(partition)?.end ?? 0) <= end;
      });
      // A former owner would still commit what it has put, without its dead letters, or put what it has begun. Of
      // a partition of which there is nothing none is known. Another group may still run: it goes on as long as
      // this one takes nothing.
      const ends = new Map(
        [...beyond].filter(([partition, end]) =>
          gone.some(({ parsed }) => parsed.partition === partition) ||
          !isFenced && (positions.get(partition)?.end ?? Infinity) <= end &&
            !this.#isOfAnotherGroup(base?.metadata, partition)
        ),
      );
      if (base !== undefined && ends.size > 0) {
        if (!await fenceOff(this.#commitOptions(), base, ends)) continue;
        await this.#readRewinds([...ends.keys()]);
      }
      const late = base === undefined ? [] : lateLetters(letters, base.metadata, this.#id)
        .filter(({ parsed }) => beyond.has(parsed.partition));
      for (const { name } of new Set([...gone, ...late])) await store.remove(name, options);
      return;
    }
  }

  /** Whether the newest range of a partition is of another group, as far as snapshots say. */
  #isOfAnotherGroup(metadata: TableMetadata | undefined, partition: number): boolean {
    const log = this.#id;
    const last = metadata && lastChange(metadata, { log, partition }, ["taken"])?.group;
    return last !== undefined && last !== this.#group;
  }

  async removeLate(options: TableCallOptions = {}): Promise<void> {
    const { catalog, files: { store } } = this.#parts;
    const base = await catalog.load();
    if (base === undefined || !mayBeLate(base.metadata, this.#id, this.#owned, Date.now())) return;
    const letters = await this.#letters(base.metadata, options);
    for (const { name, parsed } of lateLetters(letters, base.metadata, this.#id)) {
      if (this.#owned.includes(parsed.partition)) await store.remove(name, options);
    }
  }

  /** What this owner must know of the rewinds: its commits are refused where there were more since. */
  async #readRewinds(partitions: readonly number[]): Promise<void> {
    const base = await this.#parts.catalog.load();
    if (base === undefined) return;
    for (const partition of partitions) {
      this.#rewinds.set(partition, rewindOf(base.metadata, this.#id, partition));
    }
  }

  async rewind(
    to: ReadonlyMap<number, TablePosition>,
    { before, ...options }: RewindCallOptions = {},
  ): Promise<void> {
    await before?.();
    await rewindTable({ ...this.#commitOptions(), to, ...options });
    await this.positions([...to.keys()], options);
  }

  async ranges(
    options: TableCallOptions = {},
  ): Promise<ReadonlyMap<number, ReadonlyArray<{ first: number; end: number }>>> {
    const { catalog, files } = this.#parts;
    const base = await catalog.load();
    const ranges = new Map<number, Array<{ first: number; end: number }>>();
    if (base === undefined) return ranges;
    const add = (partition: number, first: number, last: number) => {
      const own = ranges.get(partition);
      const range = { first, end: last + 1 };
      if (own === undefined) ranges.set(partition, [range]);
      else own.push(range);
    };
    for (const { origin } of (await liveEntries(base, files)).entries) {
      if (origin?.range === undefined || origin.log !== this.#id) continue;
      add(origin.range.partition, origin.range.first, origin.range.last);
    }
    for (const { parsed } of await this.#letters(base.metadata, options)) {
      add(parsed.partition, parsed.first, parsed.last);
    }
    return ranges;
  }

  #commitOptions() {
    const { catalog, files, description: { schema: { table } } } = this.#parts;
    return {
      catalog,
      files,
      table,
      group: this.#group,
      log: {
        id: this.#id,
        description: `topic ${this.name.topic}`,
        record: logRecord(this.name),
      },
    };
  }

  async #commit(ranges: readonly FileRange[]): Promise<TakeAnswer[]> {
    return await takeRanges({
      ...this.#commitOptions(),
      ranges,
      uuid: this.#uuid,
      rewinds: this.#rewinds,
      signal: this.#signal,
      onRetry: (reason) => {
        if (reason === "conflict") this.#parts.onCommit?.(false);
      },
      onCommitted: () => this.#parts.onCommit?.(true),
      // The caller retries, and reports failures.
      patienceMs: 0,
    });
  }

  #fileRange({ partition, first, end, epoch, objects }: WrittenRange): FileRange {
    return {
      partition,
      first,
      end,
      epoch,
      files: ({ metadata }) => objects.map((object) => this.#addedFile(object, metadata)),
    };
  }

  #addedFile(
    { name, rows, bytes, columns = [], partitions }: WrittenObject,
    metadata: TableMetadata,
  ): AddedFile {
    const spec = specOfPaths(metadata, partitions.map(([column]) => column));
    if (spec === undefined) throw new Error(`${name}: the table has no partition spec for it`);
    const path = this.#parts.files.uri(name, metadata.location);
    const facts = { path, rows, bytes, columns, partitions };
    return { file: dataFile(facts, currentSchema(metadata), spec), specId: spec["spec-id"] };
  }

  async #removeLetters(
    isGone: (object: TableObject) => boolean,
    options: TableCallOptions,
  ): Promise<void> {
    const base = await this.#parts.catalog.load();
    const letters = await this.#letters(base?.metadata ?? {}, options);
    for (const { name } of letters.filter(isGone)) {
      await this.#parts.files.store.remove(name, options);
    }
  }

  /** The log's dead letters and gaps. */
  async #letters(
    metadata: Pick<TableMetadata, "properties">,
    { signal }: TableCallOptions,
  ): Promise<TableObject[]> {
    const { files: { store }, description: { schema: { table } } } = this.#parts;
    const { name: { topic } } = this;
    const kinds = ["dead-letters", "gap"] as const;
    const all = await Array.fromAsync(tableObjects(store, { table, topic, kinds, signal }));
    return all.filter(({ parsed }) => logOfName(metadata, parsed) === this.#id);
  }
}
