import { startKafka } from "../../tests/services/kafka/kafka.ts";
import { openControlGroup } from "../control_group.ts";
import { measure } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";
import { mustHaveWritten } from "./consume.ts";

/** Memory of the smallest hosts that people take for a first try, such as EC2's t2.micro. */
const HOST_BYTES = 2 ** 30;

/** Kafka with its 512 MiB of heap, `produce` and `consume`, all within one gibibyte of memory. */
export async function smallHostLine(stage: Stage): Promise<Figure[]> {
  const { rows } = stage;
  const group = await openControlGroup(unique("ticklake-bench"), { memoryBytes: HOST_BYTES });
  try {
    const folder = `${stage.folder}/${unique("small")}`;
    await using kafka = await group.start(() => startKafka({ folder }));
    const own = { ...stage, env: { ...stage.env, KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrap } };
    const topic = unique("small");
    const produced = await measure(group.within(ticklake(
      own,
      ...["produce", "--topic", topic, "--partitions", "1", "--mode", "replay", "--loop"],
      ...["--rate", "max", "--count", String(rows)],
    )));
    const consumed = await measure(group.within(consume(own, topic)));
    mustHaveWritten(consumed, rows);
    const line = "a host of 1 GiB with Kafka";
    const figure = (who: string, value: number, unit: string, peakMiB?: number): Figure => ({
      line,
      who,
      unit,
      value: spread([value]),
      peakMiB: peakMiB === undefined ? undefined : spread([peakMiB]),
    });
    const peakMiB = await group.peakBytes() / 2 ** 20;
    const peak = figure("all together at most, page cache included", peakMiB, "MiB");
    peak.target = "1,024 MiB";
    return [
      figure("produce", rows / produced.seconds, "rows/s", produced.peakMiB),
      figure("consume", rows / consumed.seconds, "rows/s", consumed.peakMiB),
      peak,
    ];
  } finally {
    await group.close();
  }
}
