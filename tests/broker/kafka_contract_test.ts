import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafka, python, serviceTest } from "../services/services.ts";
import { brokerContract } from "./contract.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";

/** kafkajs would sort the headers of one name together. */
const SEND_WITH_HEADERS = `
import json, sys
from kafka import KafkaProducer
servers, topic, value, headers = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=servers)
headers = [(name, text.encode()) for name, text in json.loads(headers)]
producer.send(topic, value=value.encode(), headers=headers).get(10)
`;

brokerContract("Kafka", () => openKafkaBroker(kafkaSettings(kafka()!)), {
  test: (name, run) => serviceTest(name, { needs: ["kafka"] }, run),
  sessionMs: 8000,
  addPartitions: (_, topic, count) =>
    kafkaAdmin(kafka()!, async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
    }),
  trim: (_, topic, partition, before) =>
    kafkaAdmin(kafka()!, async (admin) => {
      await admin.fetchTopicOffsets(topic); // Else kafkajs does not know who leads it.
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${before}` }] });
    }),
  sendWithHeaders: Deno.env.get("TEST_PYTHON") === undefined
    ? undefined
    : async (_, topic, value, headers) => {
      await python(SEND_WITH_HEADERS, [kafka()!, topic, value, JSON.stringify(headers)]);
    },
});
