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
import { liveEntries } from "./live_entries.ts";
import { currentSchema, type TableMetadata } from "./metadata.ts";
import { specOfPaths } from "./partition_spec.ts";
import { positionsOf, rewindOf, type Rewinds } from "./position.ts";
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
  readonly fieldIds: ReadonlyMap<string, number>;
  readonly notices: readonly string[];
  readonly #parts: IcebergTableParts;
  readonly #id: string;
  readonly #group: string;
  readonly #gather: Gather;
  readonly replays: LogReplays;
  /** The rewinds of the partitions whose positions were read. */
  readonly #rewinds = new Map<number, Rewinds>();
  /** Aborts commits whose result is no longer needed. */
  #signal: AbortSignal | undefined;

  constructor(
    parts: IcebergTableParts,
    { name, key, id, fieldIds, group, notices }: IcebergLogName,
  ) {
    this.name = name;
    this.key = key;
    this.fieldIds = fieldIds;
    this.notices = notices;
    this.#parts = parts;
    this.#id = id;
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
    const beyond = new Map<number, number>();
    for (const partition of owned) {
      const rewinds = rewindOf(base.metadata, this.#id, partition);
      this.#rewinds.set(partition, rewinds);
      if (rewinds.end !== undefined) beyond.set(partition, rewinds.end);
    }
    // Of ranges that a rewind removed: its commit removed their rows; dead letters are objects beside the table.
    await this.sweep(beyond, options);
    return positionsOf(base.metadata, this.#id);
  }

  objectName(place: ObjectPlace): string {
    const { schema: { table } } = this.#parts.description;
    const { name: { topic }, key: log } = this;
    const { kind, partition, first, last, generation, partitions, replay, extension } = place;
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
      const ends = new Map(
        gone.map(({ parsed: { partition } }) => [partition, beyond.get(partition)!]),
      );
      if (base !== undefined && gone.length > 0) {
        // A former owner would still commit their range, without them.
        if (!await fenceOff(this.#commitOptions(), base, ends)) continue;
        await this.#readRewinds([...ends.keys()]);
      }
      const overtaken = base === undefined ? [] : this.#overtaken(base.metadata, letters, beyond);
      for (const { name } of [...gone, ...overtaken]) await store.remove(name, options);
      return;
    }
  }

  /** What was put of ranges that another group has committed otherwise, before we were killed. */
  #overtaken(
    metadata: TableMetadata,
    letters: readonly TableObject[],
    partitions: ReadonlyMap<number, unknown>,
  ): TableObject[] {
    const isOvertaken = overtakenIn(metadata, this.#id);
    return letters.filter(({ parsed: { partition, first, last } }) =>
      partitions.has(partition) && isOvertaken({ partition, first, end: last + 1 })
    );
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
    const { topic, cluster, topicId } = this.name;
    return {
      catalog,
      files,
      table,
      group: this.#group,
      log: {
        id: this.#id,
        description: `topic ${topic}`,
        record: JSON.stringify({ topic, cluster, topicId }),
      },
    };
  }

  async #commit(ranges: readonly FileRange[]): Promise<TakeAnswer[]> {
    return await takeRanges({
      ...this.#commitOptions(),
      ranges,
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
