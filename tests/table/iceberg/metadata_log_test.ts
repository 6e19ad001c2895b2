import assert from "node:assert/strict";
import type { LoadedTable } from "../../../mod/table/iceberg/catalog.ts";
import { nextLog } from "../../../mod/table/iceberg/metadata_log.ts";

/** A table after so many commits, with properties that another program may not have set. */
function table(commits: number, properties?: Record<string, string>): LoadedTable {
  const log = Array.from({ length: commits }, (_, i) => ({
    "metadata-file": `v${i}`,
    "timestamp-ms": i,
  }));
  const metadata = { "metadata-log": log, "last-updated-ms": commits, properties };
  return { metadata, metadataFile: `v${commits}`, version: commits } as unknown as LoadedTable;
}

Deno.test("a table without properties keeps the names of a hundred metadata files, and removes none", () => {
  const { log, trimmed } = nextLog(table(130));
  assert.equal(log.length, 100);
  assert.deepEqual([log[0], log.at(-1)].map((one) => one!["metadata-file"]), ["v31", "v130"]);
  assert.deepEqual(trimmed, []);
});

Deno.test("a table's properties say how many metadata files stay, and that the others go", () => {
  const of = (most: string) =>
    nextLog(table(5, {
      "write.metadata.previous-versions-max": most,
      "write.metadata.delete-after-commit.enabled": "true",
    }));
  assert.deepEqual(of("2").trimmed, ["v0", "v1", "v2", "v3"]);
  assert.deepEqual(of("2").log.map((one) => one["metadata-file"]), ["v4", "v5"]);
  assert.equal(of("-3").log.length, 1);
  assert.equal(of("many").log.length, 6, "as if it were not set");
});
