import { EmbeddedBroker, openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { brokerContract } from "./contract.ts";

const directory = Deno.makeTempDirSync({ prefix: "ticklake-embedded-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

brokerContract("embedded log", () =>
  openEmbeddedBroker(`${directory}/contract/log.sqlite`, {
    leaseMs: 1500,
  }), {
  sessionMs: 3000,
  addPartitions: (broker, topic, partitions) =>
    (broker as EmbeddedBroker).addPartitions(topic, partitions),
  trim: (broker, topic, partition, before) =>
    (broker as EmbeddedBroker).trim(topic, partition, before),
});
