import assert from "node:assert/strict";
import { repairIceberg } from "../../mod/repair/repair_iceberg.ts";
import type { RepairOptions } from "../../mod/repair/repair.ts";
import type { RepairPlan } from "../../mod/repair/repair_plan.ts";
import type { GroupAdmin } from "../../mod/broker/group_admin.ts";
import { objectOffsets } from "../../mod/verify/object_offsets.ts";
import { openIcebergTable } from "../../mod/table/iceberg/iceberg_table.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import type { ObjectName } from "../../mod/lake/layout.ts";
import type { LogWriter, Table, TableLog } from "../../mod/table/table.ts";
import type { TableCatalog } from "../../mod/table/iceberg/catalog.ts";
import { isProved, type TableVerdict, type VerifyOptions } from "../../mod/verify/verify.ts";
import { verifyIceberg } from "../../mod/verify/verify_iceberg.ts";
import { quotes, sink } from "../sink/run_sink.ts";
import { encodeHere } from "../sink/encode_here.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { KilledLake } from "../table/killed_lake.ts";

/** Names that all commands of a place are given. */
export const NAMES = { topic: "quotes", group: "sink", tableName: quotes.table };

const signal = new AbortController().signal;

/** Who asks for the table's log, of a group that has committed nothing. */
export const WRITER: LogWriter = {
  group: NAMES.group,
  committed: () => Promise.resolve([]),
  timestampAt: () => Promise.resolve(null),
  offsets: () => Promise.resolve([]),
};

/** A log, and an Iceberg table in a lake that can be killed at any change. */
export class IcebergPlace {
  readonly log: ScriptedLog;
  readonly lake = new KilledLake();

  constructor(log: ScriptedLog) {
    this.log = log;
  }

  /** The table as one more process opens it. */
  open(): { catalog: TableCatalog; files: TableFiles; table: Table } {
    const files = new TableFiles(this.lake, "file:///lake", quotes.table);
    const catalog = new DirectoryCatalog(files);
    const description = { schema: quotes, format: "parquet" as const, partitionBy: "dt" };
    const table = openIcebergTable({ catalog, files, description, gatherMs: 0 });
    return { catalog, files, table };
  }

  /** Consumes to the log's end. */
  async consume(flushRows = 10, { group = NAMES.group } = {}): Promise<void> {
    const policy = { rows: flushRows, bytes: 2 ** 20, intervalMs: 60_000 };
    const { table } = this.open();
    await sink(this.log, this.lake, { table, group, policy, encoder: encodeHere });
  }

  /** The same again, without writing it again. */
  copy(): IcebergPlace {
    const { log, lake } = this;
    const copy = new IcebergPlace(new ScriptedLog(log.partitions.map((all) => [...all])));
    copy.log.lows.splice(0, Infinity, ...log.lows);
    for (const [partition, offset] of log.committed) copy.log.committed.set(partition, offset);
    for (const [name, bytes] of lake.objects) copy.lake.objects.set(name, bytes);
    for (const [name, bytes] of lake.state) copy.lake.state.set(name, bytes);
    return copy;
  }

  readonly admin: GroupAdmin = {
    members: () => Promise.resolve(0),
    setOffsets: (_group, _topic, offsets) =>
      this.lake.around(() => {
        for (const { partition, offset, metadata } of offsets) {
          this.log.committed.set(partition, { partition, offset, metadata });
        }
        return Promise.resolve();
      }),
    close: () => Promise.resolve(),
  };

  /** The log in the table, as one more process opens it. */
  openLog(): Promise<TableLog> {
    return this.open().table.log({ topic: NAMES.topic, ...this.log.identity }, WRITER);
  }

  /**
   * Repairs what a verification finds.
   * @param consume reads the topic again. @default {there is nothing to consume}
   */
  async repair(
    verdict: TableVerdict,
    consume = () => Promise.reject<void>(new Error("there is nothing to consume")),
    deleted?: RepairOptions["deleted"],
  ): Promise<RepairPlan[]> {
    const { catalog, files, table } = this.open();
    return await repairIceberg({
      ...NAMES,
      broker: this.log,
      admin: this.admin,
      store: this.lake,
      table,
      catalog,
      files,
      verdict,
      deleted,
      verifyAgain: () => this.verify(),
      dryRun: false,
      signal,
      consume,
    });
  }

  async verify(deep = true): Promise<TableVerdict> {
    const { catalog, files } = this.open();
    const options: VerifyOptions = {
      broker: this.log,
      store: this.lake,
      topic: NAMES.topic,
      group: NAMES.group,
      table: quotes.table,
      deep,
      signal,
    };
    const partitions = await verifyIceberg({ ...options, catalog, files });
    return { partitions, forms: [], types: [], superseded: [], isMerging: false };
  }

  /** Verified, and counted by reading the files: each offset is there once. */
  async proved(count: number, when: string): Promise<{ rows: number[]; letters: number[] }> {
    const verdict = await this.verify();
    assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
    const { rows, letters, gaps } = await this.offsets();
    const all = [...rows, ...letters, ...gaps].sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: count }, (_, offset) => offset), when);
    return { rows, letters };
  }

  /** Offsets of the rows of a file, in their order. */
  async rowsOf(name: string): Promise<number[]> {
    const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
    return Array.from(
      (await objectOffsets({ name, parsed }, this.lake.objects.get(name)!)).offsets,
    );
  }

  /** Offsets of partition 0 in the current snapshot and beside it, each as often as it is there. */
  async offsets(): Promise<{ rows: number[]; letters: number[]; gaps: number[] }> {
    const { catalog, files } = this.open();
    const base = (await catalog.load())!;
    const found = { rows: [] as number[], letters: [] as number[], gaps: [] as number[] };
    const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
    for (const { name, file } of (await liveEntries(base, files)).entries) {
      const { offsets } = await objectOffsets({ name, parsed }, this.lake.objects.get(name)!);
      assert.equal(offsets.length, Number(file.record_count), name);
      assert.equal(this.lake.objects.get(name)!.length, Number(file.file_size_in_bytes), name);
      found.rows.push(...offsets);
    }
    for (const [name, bytes] of this.lake.objects) {
      if (!name.startsWith("dead_letter/")) continue;
      for (const line of new TextDecoder().decode(bytes).trimEnd().split("\n")) {
        const { offset, first, last } = JSON.parse(line);
        if (offset !== undefined) found.letters.push(offset);
        else for (let gap = first; gap <= last; gap++) found.gaps.push(gap);
      }
    }
    for (const offsets of Object.values(found)) offsets.sort((a, b) => a - b);
    return found;
  }
}

/**
 * Runs a command killed before and after each of its changes of the lake, then again to its end.
 * @param origin the place before it
 * @param run the command; gives the number of changes of interest, where others follow. @default {all}
 * @param check what must hold after the second run
 */
export async function killedAnywhere<P extends { lake: KilledLake; copy(): P }>(
  origin: P,
  run: (place: P) => Promise<number | void>,
  check: (place: P, when: string) => Promise<void>,
): Promise<void> {
  const whole = origin.copy();
  const changes = await run(whole) ?? whole.lake.changes;
  await check(whole, "whole");
  assert.ok(changes > 3, String(changes));
  for (let at = 1; at <= changes; at++) {
    // Before a change is after the one before it.
    for (const after of at === 1 ? [false, true] : [true]) {
      const place = origin.copy();
      const when = `killed ${after ? "after" : "before"} change ${at} of ${changes}`;
      Object.assign(place.lake, { at, after });
      // A hint or a clean-up that fails does not fail the command.
      await run(place).catch((error) => assert.match(String(error), /killed/, when));
      Object.assign(place.lake, { at: 0 });
      await run(place);
      await check(place, when);
    }
  }
}
