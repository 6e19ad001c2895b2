import assert from "node:assert/strict";
import type { ObjectName } from "../../mod/lake/layout.ts";
import { migrateToIceberg, type Migration } from "../../mod/maintain/migrate_to_iceberg.ts";
import type { TableCatalog } from "../../mod/table/iceberg/catalog.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { openIcebergTable } from "../../mod/table/iceberg/iceberg_table.ts";
import { logId } from "../../mod/table/iceberg/position.ts";
import { setUpTable } from "../../mod/table/iceberg/setup_table.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { objectOffsets } from "../../mod/verify/object_offsets.ts";
import { isProved } from "../../mod/verify/verify.ts";
import { verifyIceberg } from "../../mod/verify/verify_iceberg.ts";
import { encodeHere } from "../sink/encode_here.ts";
import { quote, quotes, rows, sink } from "../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";
import { KilledLake } from "../table/killed_lake.ts";

const signal = new AbortController().signal;
const DAY_MS = 86_400_000;

/** A catalog of one kind, with no table in it, for a table whose files are in a lake. */
export type NewCatalog = (files: TableFiles) => TableCatalog;

/** Where a table's files are, by its metadata, and its catalog. */
export interface PlaceOptions {
  /** URI of the lake. */
  root: string;
  newCatalog: NewCatalog;
}

/** A log of two partitions, with messages that are no rows, on several days. */
function mixedLog(topicId: string, count: number): ScriptedLog {
  const entries = (partition: number): Entry[] =>
    Array.from({ length: count }, (_, i) => {
      if ((i + partition) % 10 === 3) return { value: "{" };
      return quote(i, i % 2 * DAY_MS);
    });
  const log = new ScriptedLog([entries(0), entries(1)]);
  log.identity = { cluster: "scripted", topicId };
  return log;
}

/** A lake with a Hive table of several logs, with dead letters and gaps, that becomes an Iceberg table. */
export class MigratePlace {
  readonly lake: KilledLake;
  readonly logs: ScriptedLog[];
  readonly #options: PlaceOptions;
  #catalog: TableCatalog | undefined;

  private constructor(lake: KilledLake, logs: ScriptedLog[], options: PlaceOptions) {
    this.lake = lake;
    this.logs = logs;
    this.#options = options;
  }

  /** Fills the Hive table from two logs: the topic was recreated. */
  static async filled(options: PlaceOptions): Promise<MigratePlace> {
    const place = new MigratePlace(new KilledLake(), [], options);
    for (const [id, count] of [["first", 30], ["second", 24]] as const) {
      const log = mixedLog(id, count);
      // Retention has removed the first messages before they were read, and some in the middle.
      await sink(log, place.lake, { policy: place.#policy, untilEnd: true, encoder: encodeHere });
      log.partitions[0].push(...rows(10));
      log.lows[0] = count + 4;
      await sink(log, place.lake, { policy: place.#policy, encoder: encodeHere });
      place.logs.push(log);
    }
    // Put and never taken: of a consumer that was killed.
    const [letter] = [...place.lake.objects.keys()].filter((name) =>
      name.startsWith("dead_letter/") && name.endsWith(".jsonl") && name.includes("-1-")
    );
    const late = letter.replace(
      /-1-\d{16}-\d{16}/,
      `-1-${"90".padStart(16, "0")}-${"95".padStart(16, "0")}`,
    );
    assert.notEqual(late, letter);
    place.lake.objects.set(late, place.lake.objects.get(letter)!);
    return place;
  }

  readonly #policy = { rows: 7, bytes: 2 ** 20, intervalMs: 60_000 };

  /** The same again, with an empty catalog. */
  copy(): MigratePlace {
    const lake = new KilledLake();
    for (const [name, bytes] of this.lake.objects) lake.objects.set(name, bytes);
    for (const [name, bytes] of this.lake.state) lake.state.set(name, bytes);
    const logs = this.logs.map((log) => {
      const copy = new ScriptedLog(log.partitions.map((entries) => [...entries]));
      copy.identity = log.identity;
      copy.lows.splice(0, Infinity, ...log.lows);
      for (const [partition, offset] of log.committed) copy.committed.set(partition, offset);
      return copy;
    });
    return new MigratePlace(lake, logs, this.#options);
  }

  get files(): TableFiles {
    return new TableFiles(this.lake, this.#options.root, quotes.table);
  }

  /** The catalog, in which a process is killed as in the lake. */
  get catalog(): TableCatalog {
    const inner = this.#catalog ??= this.#options.newCatalog(this.files);
    const { lake } = this;
    const around = async (change: () => Promise<boolean>): Promise<boolean> => {
      let answer = false;
      await lake.around(async () => {
        answer = await change();
      });
      return answer;
    };
    return {
      description: inner.description,
      load: () => inner.load(),
      create: (metadata) => around(() => inner.create(metadata)),
      commit: (base, updates) => around(() => inner.commit(base, updates)),
      drop: () => inner.drop(),
      close() {},
    };
  }

  /** Migrates, as `setup-catalog --migrate` does. */
  async migrate(options: { dryRun?: boolean } = {}): Promise<Migration> {
    const { lake: store, catalog, files } = this;
    const { dryRun = false } = options;
    const place = { catalog, files, schema: quotes, partitionBy: "dt", dryRun };
    return await migrateToIceberg({
      ...place,
      store,
      create: async () => void await setUpTable(place),
      members: () => Promise.resolve(0),
      signal,
    });
  }

  /** The migration is refused; nothing is changed, and the Hive table may still be written. */
  async refused(why: RegExp): Promise<void> {
    const { lake } = this;
    const before = [[...lake.objects.keys()], [...lake.state.keys()]];
    await assert.rejects(this.migrate(), why);
    assert.deepEqual([[...lake.objects.keys()], [...lake.state.keys()]], before);
  }

  /** Consumes a log into the Iceberg table, to its end. */
  async consume(log: ScriptedLog): Promise<void> {
    const { catalog, files } = this;
    const description = { schema: quotes, format: "parquet" as const, partitionBy: "dt" };
    const table = openIcebergTable({ catalog, files, description, gatherMs: 0 });
    await sink(log, this.lake, { table, policy: this.#policy, encoder: encodeHere });
  }

  /** Verified for each log, and each of its offsets counted by reading the table's files. */
  async proved(when: string): Promise<void> {
    const { catalog, files, lake: store } = this;
    const base = (await catalog.load())!;
    const { entries } = await liveEntries(base, files);
    for (const log of this.logs) {
      const names = { topic: "quotes", group: "sink", table: quotes.table };
      const partitions = await verifyIceberg({
        ...names,
        broker: log,
        store,
        deep: true,
        signal,
        catalog,
        files,
      });
      const verdict = { partitions, forms: [], types: [], superseded: [], isMerging: false };
      assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
      const id = logId(await logKey({ topic: "quotes", ...log.identity }), "quotes");
      for (const [partition, messages] of log.partitions.entries()) {
        const found = await this.#besides(id, partition);
        for (const { name, origin } of entries) {
          if (origin?.log !== id) continue;
          const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
          const { offsets, partitionOf } = await objectOffsets(
            { name, parsed },
            store.objects.get(name)!,
          );
          offsets.forEach((offset, row) => {
            if (partitionOf[row] === partition) found.push(offset);
          });
        }
        const wanted = messages.map((_, offset) => offset);
        assert.deepEqual(found.sort((a, b) => a - b), wanted, `${when}: ${id} ${partition}`);
      }
    }
  }

  /** Offsets of a log's dead letters and gaps. */
  #besides(log: string, partition: number): number[] {
    const offsets: number[] = [];
    for (const [name, bytes] of this.lake.objects) {
      if (!name.startsWith("dead_letter/") || !name.includes(log)) continue;
      if (!name.includes(`/quotes-${partition}-`)) continue;
      for (const line of new TextDecoder().decode(bytes).trimEnd().split("\n")) {
        const { offset, first, last } = JSON.parse(line);
        if (offset !== undefined) offsets.push(offset);
        else for (let gap = first; gap <= last; gap++) offsets.push(gap);
      }
    }
    return offsets;
  }
}
