import assert from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { ConsumerHandler, PartitionStall as Told } from "../../mod/broker/broker.ts";
import { PartitionStall } from "../../mod/broker/kafka/partition_stall.ts";

Deno.test("a partition that stays unreadable is warned of once a period, and told to be readable again", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { records: (record) => records.push(record) },
    loggers: [
      { category: ["ticklake"], lowestLevel: "info", sinks: ["records"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  try {
    const told: Array<Told | null> = [];
    const handler = {
      stalled: (_: number, stall: Told | null) => told.push(stall),
    } as unknown as ConsumerHandler;
    const short = new PartitionStall("quotes", 3, handler, 60_000);
    short.failed(new Error("KAFKA_STORAGE_ERROR"));
    short.over();
    assert.deepEqual([records, told], [[], []], "a short one is nobody's business");
    // Zero milliseconds: at once, and each time.
    const stall = new PartitionStall("quotes", 3, handler, 0);
    stall.failed(new Error("KAFKA_STORAGE_ERROR"));
    stall.over();
    assert.deepEqual(
      records.map(({ level, message }) => [level, message.join("")]),
      [
        ["warning", "quotes: partition 3 has not been readable for 0 s: KAFKA_STORAGE_ERROR"],
        ["info", "quotes: partition 3 can be read again"],
      ],
    );
    assert.deepEqual(told.map((one) => one?.reason ?? null), ["KAFKA_STORAGE_ERROR", null]);
  } finally {
    await reset();
  }
});
