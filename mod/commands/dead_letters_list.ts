import type { CommandContext } from "../cli/command.ts";
import { countText, numberText, offsetsText } from "../terminal/amount_text.ts";
import { safeText } from "../terminal/safe_text.ts";
import { findDeadLetters } from "./find_dead_letters.ts";
import { openLake } from "./open_lake.ts";

/** Dead letters of one day, partition and reason. */
interface Count {
  day: string;
  partition: number;
  reason: string;
  count: number;
  /** Offsets of the first and the last of them. */
  first: number;
  last: number;
}

/** Maximum number of distinct reasons: a reason contains the value found, so there may be as many as messages. */
const MOST_COUNTS = 10_000;

/** `dead-letters list`: how many there are, by day, partition and reason. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output } = context;
  const store = await openLake(settings);
  try {
    const counts = new Map<string, Count>();
    let total = 0;
    for await (const { day, partition, reason, offset } of findDeadLetters(context, store)) {
      total++;
      let key = JSON.stringify([day, partition, reason]);
      let shown = reason;
      if (!counts.has(key) && counts.size >= MOST_COUNTS) {
        shown = "other reasons";
        key = JSON.stringify([day, partition, shown]);
      }
      const count = counts.get(key);
      if (count === undefined) {
        const first = { day, partition, reason: shown, count: 1, first: offset, last: offset };
        counts.set(key, first);
      } else {
        count.count++;
        count.last = offset;
      }
    }
    report([...counts.values()], total, context);
    return 0;
  } finally {
    output.progress("");
    store.close();
  }
}

function report(counts: Count[], total: number, { output, settings }: CommandContext): void {
  counts.sort((a, b) => b.count - a.count);
  output.document({ total, counts });
  for (const { day, partition, reason, count, first, last } of counts) {
    output.line(
      `${numberText(count).padStart(9)}  ${day}  partition ${partition}, ${
        offsetsText({ first, last })
      }: ` +
        safeText(reason),
    );
  }
  output.note(`${countText(total, "dead letter")} of topic ${settings.topic}`);
}
