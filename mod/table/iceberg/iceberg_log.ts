import { objectName } from "../../lake/layout.ts";
import { tableObjects } from "../../lake/table_objects.ts";
import type {
  BegunRange,
  LogName,
  ObjectPlace,
  TableCallOptions,
  TableLog,
  TablePosition,
  TakeAnswer,
  WrittenObject,
  WrittenRange,
} from "../table.ts";
import { dataFile } from "./data_file.ts";
import { Gather } from "./gather.ts";
import { giveUp } from "./give_up.ts";
import type { IcebergTableParts } from "./iceberg_parts.ts";
import { currentSchema, type TableMetadata } from "./metadata.ts";
import { specOfPaths } from "./partition_spec.ts";
import { positionsOf } from "./position.ts";
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
}

/** One log in an Iceberg table. */
export class IcebergLog implements TableLog {
  readonly name: LogName;
  readonly key: string;
  readonly fieldIds: ReadonlyMap<string, number>;
  readonly notices: readonly string[] = [];
  readonly #parts: IcebergTableParts;
  readonly #id: string;
  readonly #gather: Gather;
  /** Ends commits when nobody waits for them any more. */
  #signal: AbortSignal | undefined;

  constructor(parts: IcebergTableParts, { name, key, id, fieldIds }: IcebergLogName) {
    this.name = name;
    this.key = key;
    this.fieldIds = fieldIds;
    this.#parts = parts;
    this.#id = id;
    this.#gather = new Gather({
      waitMs: parts.gatherMs,
      commit: (ranges) => this.#commit(ranges),
    });
  }

  async positions(
    _owned: readonly number[] = [],
    { signal }: TableCallOptions = {},
  ): Promise<ReadonlyMap<number, TablePosition>> {
    const base = await this.#parts.catalog.load();
    signal?.throwIfAborted();
    return base === undefined ? new Map() : positionsOf(base.metadata, this.#id);
  }

  objectName({ kind, partition, first, last, partitions, extension }: ObjectPlace): string {
    const { schema: { table } } = this.#parts.description;
    const { name: { topic }, key: log } = this;
    const place = { topic, log, partition, first, last, kind, partitions, extension };
    const name = objectName({ table, ...place });
    if (kind !== "rows") return name;
    return `${table}/data/${name.slice(table.length + 1)}`;
  }

  async take(
    ranges: readonly WrittenRange[],
    { signal }: TableCallOptions = {},
  ): Promise<TakeAnswer[]> {
    signal?.throwIfAborted();
    this.#signal = signal;
    return await this.#gather.take(ranges.map((range) => this.#fileRange(range)));
  }

  async settle(
    { partition, first, end, late }: BegunRange,
    options: TableCallOptions = {},
  ): Promise<"taken" | "removed"> {
    const answer = await giveUp({ ...this.#commitOptions(), partition, first, end, late });
    // Files with rows are in no manifest: nobody sees them. Dead letters are seen where they lie.
    if (answer === "removed") {
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
    await this.#removeLetters(
      ({ parsed }) => parsed.first >= (beyond.get(parsed.partition) ?? Infinity),
      options,
    );
  }

  #commitOptions() {
    const { catalog, files, description: { schema: { table } } } = this.#parts;
    const { topic, cluster, topicId } = this.name;
    return {
      catalog,
      files,
      table,
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
      signal: this.#signal,
      onRetry: (reason) => {
        if (reason === "conflict") this.#parts.onConflict?.();
      },
      // The caller repeats what fails, and tells people of it.
      patienceMs: 0,
    });
  }

  #fileRange({ partition, first, end, objects }: WrittenRange): FileRange {
    return {
      partition,
      first,
      end,
      files: ({ metadata }) => objects.map((object) => this.#addedFile(object, metadata)),
    };
  }

  #addedFile(
    { name, rows, bytes, columns = [], partitions }: WrittenObject,
    metadata: TableMetadata,
  ): AddedFile {
    const spec = specOfPaths(metadata, partitions.map(([column]) => column));
    if (spec === undefined) throw new Error(`${name}: the table has no spec of such partitions`);
    const path = this.#parts.files.uri(name, metadata.location);
    const facts = { path, rows, bytes, columns, partitions };
    return { file: dataFile(facts, currentSchema(metadata), spec), specId: spec["spec-id"] };
  }

  async #removeLetters(
    isGone: (object: { parsed: { partition: number; first: number; last: number } }) => boolean,
    { signal }: TableCallOptions,
  ): Promise<void> {
    const { files: { store }, description: { schema: { table } } } = this.#parts;
    const { name: { topic }, key } = this;
    const kinds = ["dead-letters", "gap"] as const;
    const names: string[] = [];
    for await (const object of tableObjects(store, { table, topic, kinds, signal })) {
      if ((object.parsed.log ?? "") === key && isGone(object)) names.push(object.name);
    }
    for (const name of names) await store.remove(name);
  }
}
