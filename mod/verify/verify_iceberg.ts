import { Failure } from "../failure/failure.ts";
import { parseObjectName } from "../lake/layout.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import type { LoadedTable, TableCatalog } from "../table/iceberg/catalog.ts";
import { type LiveFile, liveFilesOf } from "../table/iceberg/iceberg_lake.ts";
import { logId, logsOf, positionsOf } from "../table/iceberg/position.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { logKey } from "../table/log_key.ts";
import type { TablePosition } from "../table/table.ts";
import { inParallel } from "./in_parallel.ts";
import { objectOffsets } from "./object_offsets.ts";
import { addOffset, type OffsetRange, without } from "./offset_range.ts";
import { FurtherRows } from "./row_index.ts";
import { checkTiling, type NamedObject } from "./tiling.ts";
import {
  explainHoles,
  type PartitionVerdict,
  type UnreadableObject,
  unreadableObject,
  type VerifyOptions,
} from "./verify.ts";

/** Options of {@linkcode verifyIceberg}. */
export interface VerifyIcebergOptions extends VerifyOptions {
  catalog: TableCatalog;
  files: TableFiles;
}

/** Files that are read at the same time. */
const READ_AT_ONCE = 4;

/** All that the current snapshot and the folders beside it hold. */
interface Content {
  base: LoadedTable;
  live: LiveFile[];
  /** Dead letters and gaps, of all logs. */
  beside: TableObject[];
}

/**
 * Compares an Iceberg table with its own positions: every offset of `[from, end)` must be there exactly
 * once, as a row, a dead letter or a gap. By the files' names where all are ours; by reading the rows with
 * `deep`, and wherever another program has rewritten files.
 * @throws {Failure} kind `service`, when the broker, the catalog or the lake cannot be asked
 */
export async function verifyIceberg(options: VerifyIcebergOptions): Promise<PartitionVerdict[]> {
  const { broker, topic, catalog, table, signal } = options;
  const identity = await broker.log(topic, { signal });
  if (identity === null) {
    throw new Failure("service", `topic ${topic} does not exist in ${broker.description}`, {
      fix: "`ticklake produce` creates it; or check --topic and KAFKA_BOOTSTRAP_SERVERS.",
    });
  }
  const key = await logKey({ topic, ...identity });
  const base = await catalog.load();
  if (base === undefined) {
    throw new Failure("failed", `table ${table} is not in ${catalog.description}`, {
      fix: "consume --table-format iceberg makes it; check --database and the catalog's settings.",
    });
  }
  const content = {
    base,
    live: await liveFilesOf(base, options.files),
    beside: await beside(options),
  };
  const own = positionsOf(base.metadata, logId(key, topic));
  const areOurs = content.live.every(({ name }) => parsedFile(name) !== null);
  return options.deep || !areOurs
    ? await byRows(content, logId(key, topic), options)
    : byNames(content, own, key, topic);
}

async function beside({ store, table, signal }: VerifyIcebergOptions): Promise<TableObject[]> {
  const kinds = ["dead-letters", "gap"] as const;
  return await Array.fromAsync(tableObjects(store, { table, kinds, signal }));
}

/** What the name of a data file says; `null` for one that another program has written. */
function parsedFile(name: string): TableObject["parsed"] | null {
  return parseObjectName(name.replace("/data/", "/"));
}

function byNames(
  { live, beside }: Content,
  positions: ReadonlyMap<number, TablePosition>,
  key: string,
  topic: string,
): PartitionVerdict[] {
  const objects: NamedObject[] = [
    ...live.map(({ name }) => ({ name, parsed: parsedFile(name)! })),
    ...beside,
  ].filter(({ parsed }) => (parsed.log ?? "") === key && parsed.topic === topic);
  return [...positions].sort(([a], [b]) => a - b).map(([partition, { from, end }]) => {
    const own = objects.filter(({ parsed }) => parsed.partition === partition);
    // Dead letters of a range that is being committed lie there already.
    const letters = own.filter(({ parsed }) => parsed.kind !== "rows" && parsed.first >= end);
    const settled = own.filter((object) => !letters.includes(object));
    const { missing, duplicate, beyond, gaps } = checkTiling(settled, {
      from,
      end,
      tolerated: end,
    });
    return {
      ...emptyVerdict(partition, { from, end }, key),
      found: end - from - sizeOf(missing),
      missing,
      duplicate,
      beyond,
      gaps,
      objects: own.length,
    };
  });
}

function emptyVerdict(
  partition: number,
  { from, end }: TablePosition,
  log: string,
): PartitionVerdict {
  return {
    partition,
    log,
    isCurrent: true,
    from,
    committed: end,
    expected: end - from,
    found: 0,
    missing: [],
    duplicate: [],
    beyond: [],
    foreign: [],
    gaps: [],
    unproven: [],
    unreadable: [],
    objects: 0,
  };
}

function sizeOf(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last + 1 - first, 0);
}

/** Offsets of one piece of {@linkcode Counts}. */
const PIECE = 65_536;

/** How often each offset of a partition was seen, over all logs of the table. */
class Counts {
  readonly #pieces = new Map<number, Uint8Array>();
  /** Rows behind the first ones of their messages, all logs together. */
  readonly further = new FurtherRows();
  max = -1;

  add(offset: number): void {
    const number = Math.floor(offset / PIECE);
    let piece = this.#pieces.get(number);
    if (piece === undefined) this.#pieces.set(number, piece = new Uint8Array(PIECE));
    if (piece[offset % PIECE] < 255) piece[offset % PIECE]++;
    this.max = Math.max(this.max, offset);
  }

  has(offset: number): boolean {
    return this.of(offset) > 0;
  }

  of(offset: number): number {
    return this.#pieces.get(Math.floor(offset / PIECE))?.[offset % PIECE] ?? 0;
  }
}

/**
 * By the rows themselves. They do not say which log they are of: of offsets that several logs of the
 * table have, there must be as many rows.
 */
async function byRows(
  content: Content,
  id: string,
  options: VerifyIcebergOptions,
): Promise<PartitionVerdict[]> {
  const { base: { metadata } } = content;
  const ids = new Set([...logsOf(metadata).keys(), id]);
  const all = [...ids].map((id) => positionsOf(metadata, id));
  const partitions = new Set(all.flatMap((positions) => [...positions.keys()]));
  const unreadable: UnreadableObject[] = [];
  const counts = await countRows(content, all, unreadable, options);
  const topicOffsets = await options.broker.topicOffsets(options.topic, {
    signal: options.signal,
    leaderless: options.leaderless,
  });
  const isDeleted = hasDeletes(content.base);
  const verdicts: PartitionVerdict[] = [];
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const ranges = all.flatMap((positions) => positions.get(partition) ?? []);
    const from = Math.min(...ranges.map((range) => range.from));
    const end = Math.max(...ranges.map((range) => range.end));
    const verdict = emptyVerdict(partition, { from, end }, id);
    verdict.expected = ranges.reduce((sum, range) => sum + range.end - range.from, 0);
    // Files that others have written hold rows of all partitions: they are counted once.
    const isFirst = verdicts.length === 0;
    verdict.objects = content.live.filter(({ name }) =>
      (parsedFile(name)?.partition ?? (isFirst ? partition : -1)) === partition
    ).length;
    const seen = counts.get(partition) ?? new Counts();
    const holes: OffsetRange[] = [];
    const torn = seen.further.torn(seen);
    for (let offset = 0; offset < Math.max(end, seen.max + 1); offset++) {
      const wanted = ranges.filter((range) =>
        offset >= range.from && offset < range.end
      ).length;
      const isTorn = torn.has(offset);
      const found = seen.of(offset) - (isTorn ? 1 : 0);
      verdict.found += Math.min(found, wanted);
      if (found < wanted) addOffset(holes, offset);
      // Logs with the same offsets have each such rows.
      else if (found === wanted && wanted === 1 && seen.further.again.has(offset)) {
        addOffset(verdict.duplicate, offset);
      } else if (found > wanted) {
        addOffset(
          wanted === 0 ? verdict.beyond : verdict.duplicate,
          offset,
        );
      }
    }
    const low = topicOffsets?.find((one) => one.partition === partition)?.low ?? Infinity;
    const { missing, unproven } = await explainHoles(
      holes,
      { missing: [] },
      low,
      partition,
      options,
    );
    // Someone has deleted rows: which ones is theirs to know.
    verdict.unreadable = unreadable.filter(({ object }) =>
      (parsedFile(object)?.partition ?? (isFirst ? partition : -1)) === partition
    );
    verdict.missing = isDeleted ? [] : without(missing, verdict.unreadable);
    verdict.unproven = isDeleted ? holes : without(unproven, verdict.unreadable);
    for (const { parsed: { kind, first, last, partition: of } } of content.beside) {
      if (kind === "gap" && of === partition) verdict.gaps.push({ first, last });
    }
    verdicts.push(verdict);
  }
  return verdicts;
}

async function countRows(
  { live, beside }: Content,
  all: ReadonlyArray<ReadonlyMap<number, TablePosition>>,
  unreadable: UnreadableObject[],
  { store, signal, onProgress, indexColumn }: VerifyIcebergOptions,
): Promise<Map<number, Counts>> {
  const counts = new Map<number, Counts>();
  const add = (partition: number, offset: number, index = 0) => {
    let own = counts.get(partition);
    if (own === undefined) counts.set(partition, own = new Counts());
    if (index === 0) own.add(offset);
    else own.further.add(offset, index);
  };
  const end = (partition: number) => Math.max(...all.map((p) => p.get(partition)?.end ?? 0));
  let done = 0;
  const read = async (name: string, parsed: NamedObject["parsed"]) => {
    const bytes = await store.get(name, { signal });
    const found = await objectOffsets({ name, parsed }, bytes, indexColumn).catch((error) => {
      // A file that another program has rewritten does not name its offsets.
      const { first = 0, last = -1 } = parsedFile(name) ?? parsed as Partial<typeof parsed>;
      unreadable.push({ ...unreadableObject(name, error), first, last });
      return { offsets: [], partitionOf: [], indexes: undefined };
    });
    found.offsets.forEach((offset, row) =>
      add(found.partitionOf[row], offset, found.indexes?.[row])
    );
    onProgress?.(++done, live.length + beside.length);
  };
  const rows = { kind: "rows", extension: "parquet" } as NamedObject["parsed"];
  await inParallel([
    ...live.map(({ name }) => () => read(name, rows)),
    ...beside.map(({ name, parsed }) => async () => {
      // Of a range that is being committed.
      if (parsed.first >= end(parsed.partition)) return;
      if (parsed.kind === "dead-letters") return await read(name, parsed);
      for (let offset = parsed.first; offset <= parsed.last; offset++) {
        add(parsed.partition, offset);
      }
    }),
  ], READ_AT_ONCE);
  return counts;
}

/** Whether another program has deleted or overwritten rows, as far as the table's history goes. */
function hasDeletes({ metadata }: LoadedTable): boolean {
  return (metadata.snapshots ?? []).some(({ summary }) =>
    ["delete", "overwrite"].includes(summary.operation)
  );
}
