import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafka, serviceTest, uniqueName } from "../services/services.ts";
import { messages, send } from "./contract.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

for (const from of ["earliest", "latest"] as const) {
  serviceTest(
    `a topic that is deleted and recreated while it is consumed from ${from} is read from its beginning`,
    { needs: ["kafka"] },
    async () => {
      const broker = await openKafkaBroker(kafkaSettings(kafka()!));
      const topic = uniqueName("recreated");
      await broker.ensureTopic(topic, { partitions: 1 });
      const revokedAt: number[] = [];
      const recorder = new Recorder({
        broker,
        topic,
        group: topic,
        from,
        before: {
          revoking: async () => {
            revokedAt.push(recorder.received.length);
            // As a sink does that writes what it holds.
            await recorder.partition(0).commit(50, "of the former log");
          },
        },
      });
      await recorder.owns(0);
      await send(broker, topic, messages("old", 50));
      await recorder.hasReceived(50);
      const former = recorder.partition(0);
      await kafkaAdmin(kafka()!, (admin) => admin.deleteTopics({ topics: [topic] }));
      await until("it is gone", async () => await broker.topicOffsets(topic) === null);
      await broker.ensureTopic(topic, { partitions: 1 });
      await send(broker, topic, messages("new", 90));
      await recorder.hasReceived(140);
      const now = recorder.partition(0);
      assert.notEqual(now.log.topicId, former.log.topicId);
      assert.deepEqual(now.log, await broker.log(topic));
      assert.deepEqual([now.start, now.committed.offset], [0, null]);
      assert.ok(former.lost.aborted);
      const values = recorder.valuesOf(0);
      assert.deepEqual(values.slice(0, 50), messages("old", 50).map(({ value }) => value));
      assert.deepEqual(values.slice(50), messages("new", 90).map(({ value }) => value));
      assert.deepEqual(revokedAt, [50], "the handler could write what it held");
      await recorder.stop();
      await broker.close();
    },
  );
}
