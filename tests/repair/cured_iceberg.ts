import type { ObjectName } from "../../mod/lake/layout.ts";
import type { RepairOptions } from "../../mod/repair/repair.ts";
import { repairIceberg } from "../../mod/repair/repair_iceberg.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { openIcebergTable } from "../../mod/table/iceberg/iceberg_table.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { expireSnapshots, mergeFiles } from "../../mod/table/iceberg/merge_files.ts";
import { findOrphans } from "../../mod/table/iceberg/orphans.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import type { TableVerdict } from "../../mod/verify/verify.ts";
import { verifyIceberg } from "../../mod/verify/verify_iceberg.ts";
import { CuredPlace, NAMES, signal } from "./cured_place.ts";

/** In an Iceberg table with its metadata beside its files. */
export class CuredIceberg extends CuredPlace {
  readonly format = "parquet";
  #copies = 0;

  protected override open(schema: RowSchema) {
    const description = { schema, format: this.format, partitionBy: this.partitionBy } as const;
    return openIcebergTable({ ...this.#opened(), description, gatherMs: 0 });
  }

  #opened() {
    const files = new TableFiles(this.lake, "file:///lake", NAMES.tableName);
    return { files, catalog: new DirectoryCatalog(files) };
  }

  override async verify(): Promise<TableVerdict> {
    const partitions = await verifyIceberg({ ...this.verifyOptions, ...this.#opened() });
    return { partitions, forms: [], types: [], superseded: [], isMerging: false };
  }

  override async maintain(): Promise<void> {
    const opened = this.#opened();
    if (await opened.catalog.load() === undefined) return;
    const options = { ...opened, table: NAMES.tableName, targetBytes: 2 ** 20, signal };
    await mergeFiles(options);
    await expireSnapshots({ ...options, dryRun: false });
    for (const { name } of await findOrphans({ ...opened, olderThanMs: 0, signal })) {
      await this.lake.remove(name);
    }
  }

  protected override repairBy(options: RepairOptions) {
    return repairIceberg({ ...options, ...this.#opened(), verifyAgain: () => this.verify() });
  }

  async #entries() {
    const { catalog, files } = this.#opened();
    const base = await catalog.load();
    return base === undefined ? [] : (await liveEntries(base, files)).entries;
  }

  protected override async rowObjects() {
    const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
    return (await this.#entries()).map(({ name }) => ({ name, parsed }));
  }

  protected override async copy(name: string, bytes: Uint8Array): Promise<void> {
    const { file, specId } = (await this.#entries()).find((entry) => entry.name === name)!;
    const { catalog, files } = this.#opened();
    const copy = name.replace(".parquet", `.copy${++this.#copies}.parquet`);
    this.lake.objects.set(copy, bytes);
    await changeTable({ catalog, table: NAMES.tableName }, async (base) => {
      const file_path = files.uri(copy, base.metadata.location);
      const added = [{ specId, file: { ...file, file_path } }];
      return await writeSnapshot(base, files, { added, removed: new Set() }, Date.now());
    });
  }
}
