import assert from "node:assert/strict";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import {
  kafka,
  python,
  realS3Env,
  runTicklake,
  serviceTest,
  uniqueName,
} from "../services/services.ts";

const ROWS = 20_000;

/** Reads the lake with pyarrow; counts its rows and places, and adds up what the source can add up too. */
const COUNT = `
import json, sys
import pyarrow.compute as pc, pyarrow.dataset as ds, pyarrow.fs as fs
endpoint, key, secret, path = sys.argv[1:]
store = fs.S3FileSystem(endpoint_override=endpoint, access_key=key, secret_key=secret, region="us-east-1")
lake = ds.dataset(path, filesystem=store, format="parquet", partitioning="hive").to_table()
places = lake.group_by(["kafka_partition", "kafka_offset"]).aggregate([])
print(json.dumps({
    "rows": lake.num_rows,
    "places": places.num_rows,
    "partitions": sorted(pc.unique(lake["kafka_partition"]).to_pylist()),
    "last": lake.group_by("kafka_partition").aggregate([("kafka_offset", "max")])["kafka_offset_max"].to_pylist(),
    "volume": pc.sum(lake["volume"]).as_py(),
    "closes": dict(zip(*(c.to_pylist() for c in lake.group_by("index").aggregate([("close", "max")])
        .select(["index", "close_max"]).columns))),
}))
`;

serviceTest(
  "20,000 rows go through the binary, a Kafka with four partitions and S3, and pyarrow finds each once",
  { needs: ["binary", "kafka", "real-s3", "python"] },
  async () => {
    const s3 = realS3Env();
    const env: Record<string, string> = {
      ...s3,
      AWS_S3_BUCKET: await withEnv(s3, newBucket),
      KAFKA_BOOTSTRAP_SERVERS: kafka()!,
      KAFKA_TOPIC: uniqueName("binary"),
      KAFKA_GROUP_ID: uniqueName("binary"),
    };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runTicklake([...args, "--json"], {
        env,
        binary: true,
      });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const replay = ["produce", "--mode", "replay", "--loop", "--rate", "max", "--partitions", "4"];
    const { sent, rejected } = await run(...replay, "--count", String(ROWS));
    assert.deepEqual([sent, rejected], [ROWS, 0]);
    const { read, written } = await run("consume", "--until-end", "--flush-rows", "3000");
    assert.deepEqual([read, written], [ROWS, ROWS]);

    const count = JSON.parse(
      await python(COUNT, [
        env.AWS_ENDPOINT_URL,
        env.AWS_ACCESS_KEY_ID,
        env.AWS_SECRET_ACCESS_KEY,
        `${env.AWS_S3_BUCKET}/ticklake/index_quotes`,
      ]),
    );
    assert.deepEqual([count.rows, count.places], [ROWS, ROWS]);
    assert.deepEqual(count.partitions, [0, 1, 2, 3]);
    const ends = (count.last as number[]).reduce((sum, last) => sum + last + 1, 0);
    assert.equal(ends, ROWS, "no offset is left out");
    assert.deepEqual({ volume: count.volume, closes: count.closes }, ofTheFile());
  },
);

/** What the shipped file, read again and again up to 20,000 rows, adds up to. */
function ofTheFile(): { volume: number; closes: Record<string, number> } {
  const text = Deno.readTextFileSync(new URL("../../data/indexProcessed.csv", import.meta.url));
  const rows = text.trimEnd().split("\n").slice(1).map((line) => line.split(","));
  let volume = 0;
  const closes: Record<string, number> = {};
  for (let i = 0; i < ROWS; i++) {
    const [index, , , , , close, , traded] = rows[i % rows.length];
    volume += Number(traded);
    closes[index] = Math.max(closes[index] ?? 0, Number(close));
  }
  return { volume, closes };
}
