import { Stage } from "./stage.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { pause } from "./pause.ts";
import BrokerClass from "kafkajs/src/broker/index.js";
import KafkaJSConnection from "kafkajs/src/network/connection.js";
import "../../mod/broker/kafka/kafkajs_repairs.ts";
import ConnectionPool from "kafkajs/src/network/connectionPool.js";
import { openBroker } from "../../mod/commands/open_broker.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { emptySummary, runSink } from "../../mod/sink/sink.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
const live = new Map<number, string>();
let id = 0;
// deno-lint-ignore no-explicit-any
function trace(proto: any, name: string) {
  const o = proto[name];
  proto[name] = function (...a: unknown[]) {
    const n = id++;
    live.set(n, name + " " + new Date().toISOString().slice(17));
    const r = o.apply(this, a);
    Promise.resolve(r).finally(() => live.delete(n)).catch(() => {});
    return r;
  };
}
trace(BrokerClass.prototype, "connect");
trace(BrokerClass.prototype, "apiVersions");
trace(ConnectionPool.prototype, "getConnection");
trace(ConnectionPool.prototype, "send");
trace(KafkaJSConnection.prototype, "disconnect");
trace(KafkaJSConnection.prototype, "connect");
trace(KafkaJSConnection.prototype, "authenticate");
trace(KafkaJSConnection.prototype, "send");
const conns = new Set<any>();
const oc = KafkaJSConnection.prototype.connect;
KafkaJSConnection.prototype.connect = function () {
  conns.add(this);
  return oc.call(this);
};
const stage = await Stage.open();
const flow = await KafkaFlow.open(stage, { partitions: 4 });
const producer = flow.produce(flow.quotes({ count: 1_000_000 }), 3000);
void producer;
const schema = await loadSchema();
await pause(3000);
const { settings } = loadSettings({
  flags: { bootstrapServers: stage.kafka, sessionTimeout: "6s" } as never,
});
const sinks = [0, 1].map(async () => {
  const broker = await openBroker(settings);
  await runSink({
    broker,
    store: new MemoryLake(),
    topic: flow.topic,
    group: flow.group,
    from: "earliest",
    schema,
    format: "parquet",
    partitionBy: "dt",
    policy: { rows: 1000, bytes: 1 << 26, intervalMs: 300 },
    maxMemoryBytes: 1 << 28,
    observer: {},
    signal: new AbortController().signal,
  }, emptySummary());
});
void sinks;
await pause(5000);
for (let i = 0; i < 6; i++) {
  console.log("kill", new Date().toISOString());
  await stage.killKafka();
  await pause(2000);
  await stage.startKafka();
  console.log("back", new Date().toISOString());
  await pause(9000);
  const at = await flow.committed().catch((e) => e.message);
  await pause(1500);
  const later = await flow.committed().catch((e) => e.message);
  console.log(at, later);
  if (JSON.stringify(at) === JSON.stringify(later)) {
    console.log("STUCK", [...live.values()].join("\n"));
    for (const c of conns) {
      console.log(
        c.connectionStatus,
        "inflight",
        [...c.requestQueue.inflight.values()].map((r: any) =>
          r.entry.apiName + " " + (Date.now() - r.sentAt)
        ),
        "pending",
        c.requestQueue.pending.length,
        "throttled",
        c.requestQueue.throttledUntil - Date.now(),
        "timer",
        c.requestQueue.requestTimeoutIntervalId?._destroyed,
        "socket",
        c.socket?.readyState,
        c.socket?.destroyed,
        "need",
        c.bytesNeeded,
        c.bytesBuffered,
      );
    }
    break;
  }
}
Deno.exit(0);
