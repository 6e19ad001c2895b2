import assert from "node:assert/strict";
import type { GroupAdmin } from "../../mod/broker/group_admin.ts";
import type { ObjectName } from "../../mod/lake/layout.ts";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { replayDeadLetters } from "../../mod/repair/replay_dead_letters.ts";
import type { RepairOptions } from "../../mod/repair/repair.ts";
import { reset } from "../../mod/repair/reset.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { Layouts } from "../../mod/sink/layouts.ts";
import { logWriter } from "../../mod/sink/log_writer.ts";
import type { Table } from "../../mod/table/table.ts";
import { objectOffsets } from "../../mod/verify/object_offsets.ts";
import type { TableVerdict, VerifyOptions } from "../../mod/verify/verify.ts";
import { encodeHere } from "../sink/encode_here.ts";
import type { LakeOffsets } from "../sink/lake_offsets.ts";
import { quotes, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { KilledLake } from "../table/killed_lake.ts";

/** Names that all commands of a place are given. */
export const NAMES = { topic: "quotes", group: "sink", tableName: quotes.table };

export const signal = new AbortController().signal;

/** Ways in which objects with rows come to grief. */
export const DAMAGES = ["gone", "cut off", "twice"] as const;

/**
 * A topic and a table in memory, with every command that puts a table right, wired as the commands wire it.
 * Each is killed at the change that the lake's `at` says: of the lake, or of the group's offsets.
 */
export abstract class CuredPlace {
  readonly log = new ScriptedLog([[], []]);
  readonly lake = new KilledLake();
  readonly partitionBy: string;
  abstract readonly format: "parquet" | "jsonl";

  constructor(partitionBy: string) {
    this.partitionBy = partitionBy;
    this.log.beforeCommit = () => this.lake.change();
  }

  /** Becomes what another place is, without writing it again: one in which no flush is in flight. */
  like({ log, lake }: CuredPlace): this {
    log.partitions.forEach((entries, partition) => this.log.partitions[partition].push(...entries));
    for (const [partition, offset] of log.committed) this.log.committed.set(partition, offset);
    for (const [name, bytes] of lake.objects) this.lake.objects.set(name, bytes);
    for (const [name, bytes] of lake.state) this.lake.state.set(name, bytes);
    return this;
  }

  /** The table as one more process opens it. */
  protected abstract open(schema: RowSchema): Table;
  /** `ticklake verify --deep`. */
  abstract verify(): Promise<TableVerdict>;
  /** `ticklake maintain --merge`. */
  abstract maintain(): Promise<void>;
  /** Does what a verdict calls for. */
  protected abstract repairBy(options: RepairOptions): Promise<unknown>;
  /** The objects with rows that readers of the table see. */
  protected abstract rowObjects(): Promise<Array<{ name: string; parsed: ObjectName }>>;
  /** Damages one of the table's objects with rows. */
  async damage(how: typeof DAMAGES[number], choice: number): Promise<void> {
    // Of one that is gone already, nothing is left to be damaged.
    const objects = (await this.rowObjects())
      .filter((object) => this.lake.objects.has(object.name) && this.canBe(how, object));
    if (objects.length === 0) return;
    const { name } = objects[choice % objects.length];
    const bytes = this.lake.objects.get(name)!;
    if (how === "gone") this.lake.objects.delete(name);
    else if (how === "cut off") this.lake.objects.set(name, bytes.slice(0, 9));
    else await this.copy(name, bytes);
  }

  /** Whether an object may be damaged in that way. */
  protected canBe(_how: typeof DAMAGES[number], _object: { parsed: ObjectName }): boolean {
    return true;
  }

  /** Puts an object with rows into the table once more. */
  protected abstract copy(name: string, bytes: Uint8Array): Promise<void>;

  /**
   * `ticklake consume --until-end`. Flushes that were begun with other schemas are first finished with those:
   * each partition may have one.
   */
  async consume(schema: RowSchema, flushRows: number): Promise<void> {
    this.#schemas.add(schema);
    for (let tries = 2 * this.log.partitions.length;; tries--) {
      if (await this.#isFinished(schema, flushRows)) return;
      assert.ok(tries > 0, "flushes are finished by none of the schemas");
      for (const other of this.#schemas) {
        if (other !== schema) await this.#isFinished(other, flushRows);
      }
    }
  }

  /** By which flushes may have been begun. */
  readonly #schemas = new Set<RowSchema>();

  /** Consumes to the end, if no flush was begun with another schema. */
  async #isFinished(schema: RowSchema, flushRows: number): Promise<boolean> {
    try {
      await this.#consume(schema, flushRows);
      return true;
    } catch (error) {
      if (/was started with another --schema/.test(String(error))) return false;
      throw error;
    }
  }

  async #consume(schema: RowSchema, flushRows: number): Promise<void> {
    await sink(this.log, this.lake, {
      schema,
      format: this.format,
      partitionBy: this.partitionBy,
      table: this.open(schema),
      encoder: encodeHere,
      policy: { rows: flushRows, bytes: 1e9, intervalMs: 1e6 },
    });
  }

  /**
   * `ticklake reset --to N --rewrite`.
   * @param share where, of what the group has read: from 0 for the beginning to 1
   */
  async reset(share: number): Promise<void> {
    const { log, lake: store, admin } = this;
    const target = (partition: number) =>
      Math.floor(share * (log.committed.get(partition)?.offset ?? 0));
    const table = this.open(quotes);
    await this.beforeRewind();
    await reset({
      ...NAMES,
      broker: log,
      admin,
      store,
      table,
      target,
      rewrite: true,
      dryRun: false,
      signal,
    });
  }

  /** What commands that take ranges back do first. */
  protected async beforeRewind(): Promise<void> {}

  /** `ticklake dead-letters replay`. */
  async replay(schema: RowSchema): Promise<void> {
    const { log: broker, lake: store, format, partitionBy } = this;
    const { topic, group } = NAMES;
    const writer = logWriter({ broker, topic, group });
    const log = await this.open(schema).log({ topic, ...broker.identity }, writer);
    const layouts = await Layouts.of(schema, format, partitionBy);
    await replayDeadLetters({
      store,
      log,
      positions: await log.positions([]),
      schema,
      reader: new MessageReader(schema, (value) => checkMessage(schema, value)),
      layout: layouts.current,
      encoder: encodeHere,
      topic,
      dryRun: false,
      signal,
    });
  }

  /** `ticklake repair`. */
  async repair(schema: RowSchema, flushRows: number): Promise<void> {
    await this.beforeRewind();
    await this.repairBy({
      ...NAMES,
      broker: this.log,
      admin: this.admin,
      store: this.lake,
      table: this.open(schema),
      verdict: await this.verify(),
      dryRun: false,
      signal,
      consume: () => this.consume(schema, flushRows),
    });
  }

  protected get verifyOptions(): VerifyOptions {
    const { topic, group, tableName: table } = NAMES;
    return { broker: this.log, store: this.lake, topic, group, table, deep: true, signal };
  }

  /** What readers of the table find, read object by object; an offset that is there twice comes twice. */
  async offsets(partition: number): Promise<LakeOffsets> {
    const found: LakeOffsets = { rows: [], deadLetters: [], gaps: [] };
    const beside = [...this.lake.objects.keys()]
      .filter((name) => name.startsWith("dead_letter/"))
      .map((name) => ({ name, parsed: parseObjectName(name)! }));
    for (const object of [...await this.rowObjects(), ...beside]) {
      const { kind, first, last } = object.parsed;
      if (kind === "gap") {
        if (object.parsed.partition !== partition) continue;
        for (let offset = first; offset <= last; offset++) found.gaps.push(offset);
        continue;
      }
      const bytes = this.lake.objects.get(object.name)!;
      const { offsets, partitionOf } = await objectOffsets(object, bytes);
      const own = offsets.filter((_, row) => partitionOf[row] === partition);
      (kind === "rows" ? found.rows : found.deadLetters).push(...own);
    }
    for (const offsets of Object.values(found)) offsets.sort((a: number, b: number) => a - b);
    return found;
  }

  readonly #admin: GroupAdmin = {
    members: () => Promise.resolve(0),
    setOffsets: (_group, _topic, offsets) => {
      this.lake.change();
      for (const { partition, offset, metadata } of offsets) {
        this.log.committed.set(partition, { partition, offset, metadata });
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };

  protected get admin(): GroupAdmin {
    return this.#admin;
  }
}
