import assert from "node:assert/strict";
import type { LakeStore } from "../../../mod/lake/store.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";

Deno.test("a file of the lake is found by each spelling that catalogs give of its URI", () => {
  const store = {} as LakeStore;
  const local = new TableFiles(store, "file:///home/a/lake", "quotes");
  for (const uri of ["file:///home/a/lake", "file:/home/a/lake", "/home/a/lake"]) {
    const name = local.name(`${uri}/quotes/metadata/v1.json`, `${uri}/quotes`);
    assert.equal(name, "quotes/metadata/v1.json");
    assert.ok(local.isBelow(`${uri}/quotes/data/a.parquet`));
  }
  const remote = new TableFiles(store, "s3://bucket/lake", "quotes");
  for (const scheme of ["s3", "s3a", "s3n"]) {
    const uri = `${scheme}://bucket/lake/quotes`;
    assert.equal(remote.name(`${uri}/data/a.parquet`, uri), "quotes/data/a.parquet");
  }
  assert.throws(() => local.name("/home/b/x.parquet", "/home/c/quotes"), /is outside the lake/);
});
