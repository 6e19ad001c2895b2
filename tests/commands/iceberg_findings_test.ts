import assert from "node:assert/strict";
import { icebergFindings } from "../../mod/commands/iceberg_status.ts";
import type { IcebergInventory } from "../../mod/status/iceberg_inventory.ts";

const MIB = 2 ** 20;

const SOUND: IcebergInventory = {
  metadataFile: "file:///lake/index_quotes/metadata/v1.metadata.json",
  metadataBytes: 100_000,
  snapshots: 100,
  manifests: 10,
  files: 200,
  bytes: 200 * 32 * MIB,
  rows: 10_000_000,
  deleteFiles: 0,
  logs: [],
  rolledBack: false,
};

/** What status warns of, and what it says to do. */
function found(changes: Partial<IcebergInventory>): string {
  return icebergFindings({ ...SOUND, ...changes }).flat().join("\n");
}

Deno.test("status of an Iceberg table warns of small files, large metadata and a rollback, each with a fix", () => {
  assert.equal(found({}), "");
  assert.match(
    found({ bytes: 200 * MIB }),
    /200 files of 1\.0 MiB on average make queries slow\n`ticklake maintain --table-format iceberg`/,
  );
  assert.equal(found({ files: 50, bytes: 50 * MIB }), "", "few files are no trouble");
  assert.match(
    found({ metadataBytes: 9 * MIB }),
    /metadata file has 9\.0 MiB.*\nSet .*history\.expire/,
  );
  assert.match(found({ rolledBack: true }), /rolled back.*\nRoll forward/);
});
