import type { CommandContext } from "../cli/command.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { IcebergInventory } from "../status/iceberg_inventory.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { requireNoHive } from "../table/hive/hive_in_place.ts";
import { noteOtherFormat } from "./note_other_format.ts";

/** Bytes of a file below which many make queries slow, and how many. */
const SMALL_BYTES = 16 * 2 ** 20;
const MANY_FILES = 100;

/** Size of a metadata file above which commits are slow; Glue's limit is 20 MB. */
const LARGE_METADATA_BYTES = 8 * 2 ** 20;

/** What `status` reports for an Iceberg table; `undefined` if there is none. */
export async function icebergStatus(
  { settings, output, signal }: CommandContext,
  schema: RowSchema,
): Promise<IcebergInventory | undefined> {
  const { takeIcebergInventory } = await import("../status/iceberg_inventory.ts");
  const store = await openLake(settings);
  const { catalog, files } = await openIceberg(settings, schema, store);
  try {
    output.note(`table: ${schema.table} in ${catalog.description}`);
    const found = await takeIcebergInventory(catalog, files);
    if (found === undefined) {
      await noteOtherFormat(requireNoHive(store, schema.table, { signal }), output);
    }
    return found;
  } finally {
    catalog.close();
    store.close();
  }
}

/** Prints it, with advice. */
export function printIcebergStatus(
  found: IcebergInventory | undefined,
  { output }: CommandContext,
): void {
  if (found === undefined) return output.line("table: does not exist yet");
  const { rows, files, bytes, snapshots, manifests, metadataBytes, deleteFiles } = found;
  output.line(
    `table: ${countText(rows, "row")} in ${countText(files, "file")}, ${sizeText(bytes)} in all; ` +
      `${countText(snapshots, "snapshot")}, ${countText(manifests, "manifest")}, metadata ` +
      `${sizeText(metadataBytes)}`,
  );
  if (deleteFiles > 0) {
    output.line(
      `  ${
        countText(deleteFiles, "delete file")
      } of other programs, which delete some of the rows; ` +
        "`ticklake maintain` applies them",
    );
  }
  for (const { topic, log, positions } of found.logs) {
    const ends = Object.entries(positions).map(([partition, { end }]) => `${partition}: ${end}`);
    output.line(`  log ${log} of topic ${topic}: next offsets ${ends.join(", ")}`);
  }
  for (const text of icebergFindings(found)) output.note(...text);
}

/** Findings, each with a fix. */
export function icebergFindings(found: IcebergInventory): Array<[what: string, fix: string]> {
  const { files, bytes, metadataBytes, rolledBack, otherProgram } = found;
  const findings: Array<[string, string]> = [];
  if (otherProgram !== undefined) {
    findings.push([
      `warning: the table was made by another program: ${otherProgram}`,
      "Give the schema another table name: consume refuses this table.",
    ]);
  }
  if (files > MANY_FILES && bytes / files < SMALL_BYTES) {
    findings.push([
      `warning: ${countText(files, "file")} of ${
        sizeText(bytes / files)
      } on average make queries slow`,
      "`ticklake maintain --table-format iceberg` merges them, as OPTIMIZE in Athena and Trino, rewrite_data_files in Spark, or Glue's optimizers do; all are safe beside consume. A longer --commit-interval makes fewer.",
    ]);
  }
  if (metadataBytes > LARGE_METADATA_BYTES) {
    findings.push([
      `warning: the metadata file has ${sizeText(metadataBytes)}, and each commit rewrites it`,
      "Set the table's properties history.expire.max-snapshot-age-ms and history.expire.min-snapshots-to-keep lower.",
    ]);
  }
  if (rolledBack) {
    findings.push([
      "warning: the table was rolled back past snapshots of consume: their rows are missing, although its positions include them",
      "Roll forward to the newest snapshot; or stop every consume and run `ticklake repair`, which reads the missing rows again, as far as the topic still has them.",
    ]);
  }
  return findings;
}
