import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { kafka, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { readTable } from "../table/iceberg/readers.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { type ConsumePlace, quotes, withKafka } from "./consume_place.ts";

const ICEBERG = ["--table-format", "iceberg"];

/** Rows that a consume to the end has written. */
async function written(place: ConsumePlace, ...args: string[]): Promise<number> {
  return (await place.toEnd(...ICEBERG, ...args)).summary.written;
}

/** Deletes the topic and creates it anew. */
async function recreate(topic: string): Promise<void> {
  await kafkaAdmin(kafka()!, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    for (let attempt = 0;; attempt++) {
      try {
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
        const [{ high }] = await admin.fetchTopicOffsets(topic);
        if (high === "0") return;
      } catch (error) {
        if (attempt === 60) throw error;
      }
      await sleep(250);
    }
  });
}

serviceTest(
  "a second group, deleted offsets and a recreated topic give right Iceberg tables without a flag",
  { needs: ["kafka", "iceberg-readers"], sanitizeOps: false, sanitizeResources: false },
  () =>
    withKafka(async (place) => {
      await place.send(quotes(50));
      assert.equal(await written(place), 50);
      assert.equal(await written(place, "--group", uniqueName("second")), 0);
      await kafkaAdmin(kafka()!, (admin) => admin.deleteGroups([place.group]));
      await place.send(quotes(20, 50));
      assert.equal(await written(place), 20);
      await recreate(place.topic);
      // Fewer than the former log had, at the same offsets.
      await place.send(quotes(30, 70));
      assert.equal(await written(place), 30);
      const verify = ["verify", "--deep", "--json", ...ICEBERG];
      const { code, stdout } = await runTicklake(verify, { cwd: place.cwd, env: place.env });
      const { ok, expected, found, duplicate } = JSON.parse(stdout);
      assert.deepEqual([code, ok, expected, found, duplicate], [0, true, 100, 100, 0]);
      const folder = `${place.cwd}/.ticklake/lake/index_quotes/metadata`;
      const version = await Deno.readTextFile(`${folder}/version-hint.text`);
      const { pyiceberg, duckdb } = await readTable(`${folder}/v${version}.metadata.json`);
      const wanted = Array.from({ length: 100 }, (_, i) => i);
      for (const rows of [pyiceberg, duckdb] as unknown as Array<Array<{ close: number }>>) {
        assert.deepEqual(rows.map(({ close }) => close).sort((a, b) => a - b), wanted);
      }
    }),
);
