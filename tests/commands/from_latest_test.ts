import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { OutgoingMessage } from "../../mod/broker/broker.ts";
import { partitionOfKey } from "../../mod/broker/murmur2.ts";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { kafka, runTicklake, serviceTest } from "../services/services.ts";
import { until } from "../until.ts";
import { type ConsumePlace, quote, withEmbedded, withKafka } from "./consume_place.ts";

/** Keys of the partitions 0 and 1, of two. */
const KEYS = [0, 1].map((partition) =>
  ["A", "B", "C", "D", "E", "F"].find((key) =>
    partitionOfKey(new TextEncoder().encode(key), 2) === partition
  )!
);

function toPartition(partition: number, count: number): OutgoingMessage[] {
  return Array.from({ length: count }, (_, i) => quote(i, KEYS[partition]));
}

/** Loses the group's offsets, then the whole topic, of a consumer that starts with `--from latest` each time. */
async function losesNothing(
  place: ConsumePlace,
  { args = [], deleteGroup, deleteTopic }: {
    args?: string[];
    deleteGroup(): Promise<void> | void;
    deleteTopic(): Promise<void> | void;
  },
): Promise<void> {
  const consume = async () => (await place.toEnd("--from", "latest", ...args)).summary;
  await place.send([...toPartition(0, 10), ...toPartition(1, 10)], 2);
  assert.equal((await consume()).written, 0);
  await place.send(toPartition(0, 20));
  assert.equal((await consume()).written, 20);
  await deleteGroup();
  await place.send([...toPartition(0, 5), ...toPartition(1, 7)]);
  const { written, lost } = await consume();
  assert.deepEqual([written, lost], [12, 0]);
  await deleteTopic();
  await place.send([...toPartition(0, 13), ...toPartition(1, 17)], 2);
  assert.equal((await consume()).written, 30);
  const verify = ["verify", "--deep", "--json", ...args];
  const { code, stdout } = await runTicklake(verify, { cwd: place.cwd, env: place.env });
  const { ok, found } = JSON.parse(stdout);
  assert.deepEqual([code, ok, found], [0, true, 62]);
}

Deno.test("--from latest loses nothing when the group's offsets or the topic are deleted (embedded log)", () =>
  withEmbedded(async (place) => {
    const path = `${place.cwd}/.ticklake/log.sqlite`;
    await losesNothing(place, {
      deleteGroup() {
        using log = new DatabaseSync(path);
        assert.equal(Number(log.prepare("DELETE FROM committed").run().changes), 2);
      },
      async deleteTopic() {
        for (const end of ["", "-wal", "-shm"]) {
          await Deno.remove(path + end).catch(() => {});
        }
      },
    });
  }));

serviceTest(
  "--from latest loses nothing when the group's offsets or the topic are deleted (Kafka, Iceberg table)",
  { needs: ["kafka"], sanitizeOps: false, sanitizeResources: false },
  () =>
    withKafka((place) =>
      losesNothing(place, {
        args: ["--table-format", "iceberg"],
        deleteGroup: () =>
          kafkaAdmin(kafka()!, async (admin) => {
            await admin.deleteGroups([place.group]);
          }),
        async deleteTopic() {
          await kafkaAdmin(kafka()!, (admin) => admin.deleteTopics({ topics: [place.topic] }));
          await place.withBroker((broker) =>
            until("it is gone", async () => await broker.topicOffsets(place.topic) === null)
          );
        },
      })
    ),
);
