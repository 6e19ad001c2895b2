import type { LiveEntry } from "../table/iceberg/live_entries.ts";
import type { NewestRow, ObjectOffsets } from "./object_offsets.ts";
import type { OffsetRange } from "./offset_range.ts";
import { PerPartition } from "./per_partition.ts";
import { isOtherMessage, samplesOf, type VerifyOptions } from "./verify.ts";

/**
 * Looks for rows of the topic's current log in an Iceberg table that are of other messages than the topic
 * has at their offsets: the newest row of each partition, since a log that was truncated and continued
 * differs from some offset on, and the first row of some of the files.
 */
export class ForeignRows {
  readonly #options: VerifyOptions;
  readonly #own: ReadonlySet<LiveEntry>;
  readonly #samples: ReadonlySet<LiveEntry>;
  readonly #newest = new Map<number, NewestRow & OffsetRange>();
  readonly #found = new PerPartition<OffsetRange[]>(() => []);

  /** @param own the table's files with rows of the topic's current log alone */
  constructor(own: readonly LiveEntry[], options: VerifyOptions) {
    this.#options = options;
    this.#own = new Set(own);
    const byPartition = Map.groupBy(own, ({ origin }) => origin?.range?.partition);
    this.#samples = new Set([...byPartition.values()].flatMap((files) => samplesOf(files)));
  }

  /** Takes in what was read of a file. */
  async add(
    entry: LiveEntry,
    { newest, timestampMs, offsets, partitionOf }: ObjectOffsets,
  ): Promise<void> {
    if (!this.#own.has(entry)) return;
    for (const [partition, row] of newest ?? []) {
      const known = this.#newest.get(partition)?.offset ?? -1;
      if (row.offset > known) {
        this.#newest.set(partition, { ...row, ...rangeOf(entry, row.offset) });
      }
    }
    if (timestampMs === undefined || !this.#samples.has(entry)) return;
    const [offset] = offsets;
    const [partition] = partitionOf;
    await this.#compare(partition, { offset, timestampMs, ...rangeOf(entry, offset) });
  }

  /** The ranges of files whose rows are of other messages. */
  async of(partition: number): Promise<OffsetRange[]> {
    const newest = this.#newest.get(partition);
    if (newest !== undefined) await this.#compare(partition, newest);
    return this.#found.of("", partition).sort((a, b) => a.first - b.first);
  }

  async #compare(
    partition: number,
    { offset, timestampMs, first, last }: NewestRow & OffsetRange,
  ): Promise<void> {
    const found = this.#found.of("", partition);
    if (found.some((range) => range.first === first)) return;
    if (await isOtherMessage({ partition, offset, timestampMs }, this.#options)) {
      found.push({ first, last });
    }
  }
}

/** The offsets of a file by its name; of one that another program has rewritten, the row's alone. */
function rangeOf({ origin }: LiveEntry, offset: number): OffsetRange {
  const { first = offset, last = offset } = origin?.range ?? {};
  return { first, last };
}
