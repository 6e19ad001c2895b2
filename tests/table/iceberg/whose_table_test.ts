import assert from "node:assert/strict";
import type { LoadedTable, TableCatalog } from "../../../mod/table/iceberg/catalog.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { requireOurRows, requireOurs } from "../../../mod/table/iceberg/whose_table.ts";
import { quotesSchema } from "./quotes_schema.ts";

const PLACE = { catalog: { description: "a catalog" } as TableCatalog, table: "index_quotes" };

/** A table of our columns, with a snapshot. */
async function withSnapshot(
  { properties = {}, summary = {} }: Record<string, Record<string, string>>,
): Promise<LoadedTable> {
  const schema = newSchema(await quotesSchema());
  const made = newTable({ location: "file:///t", schema, spec: { "spec-id": 0, fields: [] } });
  const snapshot = {
    "snapshot-id": 7n,
    "sequence-number": 1,
    "timestamp-ms": 0,
    "manifest-list": "file:///t/metadata/snap.avro",
    summary: { operation: "append", ...summary },
  };
  const metadata = {
    ...made,
    properties,
    snapshots: [snapshot],
    "current-snapshot-id": 7n,
    refs: { main: { "snapshot-id": 7n, type: "branch" as const } },
  };
  return { metadata, metadataFile: "file:///t/metadata/v2.metadata.json", version: 2 };
}

Deno.test("rows of our columns without a position are another program's", async () => {
  const base = await withSnapshot({ properties: { owner: "spark" } });
  requireOurs(base, PLACE);
  assert.throws(() => requireOurRows(base, PLACE), {
    kind: "failed",
    message: /index_quotes in a catalog has rows, but no position of any log/,
  });
});

Deno.test("a position, a migration, or a snapshot's summary tells that rows are ours", async () => {
  const marks: Array<Record<string, Record<string, string>>> = [
    { properties: { "ticklake.position.0123456789ab.0": "0-10" } },
    { properties: { "ticklake.migrated": "index_quotes" } },
    // A relocated table without rows has no property of ours.
    { summary: { "ticklake.relocated": "file:///former" } },
  ];
  for (const mark of marks) requireOurRows(await withSnapshot(mark), PLACE);
});
