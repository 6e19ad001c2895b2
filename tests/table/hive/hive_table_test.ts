import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { openS3Lake } from "../../../mod/lake/s3.ts";
import type { LakeStore } from "../../../mod/lake/store.ts";
import { openHiveTable } from "../../../mod/table/hive/hive_table.ts";
import { realS3Env, serviceTest } from "../../services/services.ts";
import { newBucket, withEnv } from "../../lake/s3_bucket.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { tableContract, type TableFixture } from "../contract.ts";

function fixture(store: LakeStore, close: () => Promise<void>): TableFixture {
  return {
    store,
    open: (description) => openHiveTable(store, description),
    async put(log, { partition, first, end }) {
      const partitions = [["dt", "2026-11-24"]] as const;
      const place = { partition, first, last: end - 1, kind: "rows" as const, partitions };
      const name = log.objectName({ ...place, extension: "parquet" });
      const bytes = new TextEncoder().encode("PAR1");
      await store.put(name, bytes);
      const object = { name, bytes: bytes.length, rows: end - first, partitions };
      return { partition, first, end, objects: [object], deadLetters: [], gaps: [] };
    },
    async close() {
      store.close();
      await close();
    },
  };
}

tableContract(
  "Hive folders in memory",
  () => Promise.resolve(fixture(new MemoryLake(), () => Promise.resolve())),
  (name, run) => Deno.test(name, run),
);

tableContract("Hive folders in a directory", async () => {
  const path = await Deno.makeTempDir({ prefix: "ticklake-table-" });
  return fixture(openDirectoryLake(path), () => Deno.remove(path, { recursive: true }));
}, (name, run) => Deno.test(name, run));

tableContract(
  "Hive folders in S3",
  async () => fixture(openS3Lake({ bucket: await newBucket(), prefix: "lake" }), async () => {}),
  (name, run) =>
    serviceTest(
      name,
      { needs: ["real-s3"], sanitizeOps: false, sanitizeResources: false },
      () => withEnv(realS3Env(), run),
    ),
);
