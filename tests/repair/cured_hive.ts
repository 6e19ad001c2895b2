import { type ObjectName, parseObjectName } from "../../mod/lake/layout.ts";
import { currentObjects } from "../../mod/lake/merged_objects.ts";
import { settleMerge } from "../../mod/maintain/merge_small_objects.ts";
import { repair, type RepairOptions } from "../../mod/repair/repair.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { verify } from "../../mod/verify/verify.ts";
import { maintain } from "../maintain/merge_place.ts";
import { CuredPlace, type DAMAGES, NAMES, signal } from "./cured_place.ts";
import { widenedName } from "./widened_name.ts";

/** In Hive folders. */
export class CuredHive extends CuredPlace {
  readonly format: "parquet" | "jsonl";

  constructor(partitionBy: string, format: "parquet" | "jsonl") {
    super(partitionBy);
    this.format = format;
  }

  protected override open(schema: RowSchema) {
    return openHiveTable(this.lake, { schema, format: this.format, partitionBy: this.partitionBy });
  }

  override verify() {
    return verify(this.verifyOptions);
  }

  override async maintain(): Promise<void> {
    await maintain(this.lake);
  }

  protected override async beforeRewind(): Promise<void> {
    await settleMerge({ store: this.lake, table: NAMES.tableName, signal });
  }

  protected override repairBy(options: RepairOptions) {
    return repair(options);
  }

  protected override rowObjects() {
    const all = [...this.lake.objects.keys()].map((name) => ({
      name,
      parsed: parseObjectName(name)!,
    }));
    return Promise.resolve(currentObjects(all.filter(({ parsed }) => parsed.kind === "rows")));
  }

  protected override canBe(_how: typeof DAMAGES[number], { parsed }: { parsed: ObjectName }) {
    // What a flush in flight has put is not in the table: the next consume puts it again.
    return parsed.last < (this.log.committed.get(parsed.partition)?.offset ?? 0);
  }

  protected override copy(name: string, bytes: Uint8Array): Promise<void> {
    this.lake.objects.set(widenedName(name), bytes);
    return Promise.resolve();
  }
}
