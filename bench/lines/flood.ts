import { alternate, consume, peer, type Stage, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

/** A flood of messages that are no rows: each becomes a dead letter with its bytes and reason. */
export async function floodLine(stage: Stage): Promise<Figure[]> {
  const messages = 2 * stage.rows;
  const topic = unique("flood");
  await alternate(1, [() => peer(stage, "produce_junk.py", topic, String(messages))]);
  const [runs] = await alternate(stage.rounds, [() => consume(stage, topic)]);
  for (const { stdout } of runs) {
    const { rejected } = JSON.parse(stdout) as { rejected: number };
    if (rejected !== messages) throw new Error(`expected ${messages} rejected, found ${rejected}`);
  }
  const figure = rowsFigure("consume, no message is a row", "ticklake", messages, runs);
  return [{ ...figure, unit: "messages/s", target: "300,000" }];
}
