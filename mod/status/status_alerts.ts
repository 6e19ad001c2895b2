import type { HiddenObjects } from "../catalog/glue/projected_days.ts";
import type { BeyondLogEnd } from "../sink/beyond_log_end.ts";
import { countText, numberText } from "../terminal/amount_text.ts";

/** Something that the pipeline's operator has to know. */
export interface StatusAlert {
  /** `lag`, `topic`, `leader`, `table` or `group` (its offset is beyond the log's end), or `projection`. */
  alert: string;
  value: number;
  limit: number;
  /** One sentence. */
  text: string;
  /** What to do, if that is always the same. */
  fix?: string;
}

/** What {@linkcode statusAlerts} judges. */
export interface AlertedStatus {
  topic: string;
  group: string;
  /** Messages that are in the topic and not in the lake; `null` if there is no such topic. */
  lag: number | null;
  /** Maximum messages of lag that are no alert. */
  lagLimit: number;
  /** Partitions without a leader: what waits in them is not known. @default {[]} */
  leaderless?: readonly number[];
  /** Offsets beyond the log's end: `consume` refuses to start. @default {[]} */
  beyondEnd?: ReadonlyArray<BeyondLogEnd & { high: number }>;
  /** Objects that queries do not see. */
  hidden?: HiddenObjects;
}

/** The alerts of a status: also those of a pipeline that nobody runs at the moment. */
export function statusAlerts(
  { topic, group, lag, lagLimit, leaderless = [], beyondEnd = [], hidden }: AlertedStatus,
): StatusAlert[] {
  const alerts: StatusAlert[] = [];
  if (lag === null) {
    alerts.push({ alert: "topic", value: 0, limit: 1, text: `topic ${topic} does not exist` });
  } else if (lag > lagLimit) {
    const text =
      `${countText(lag, "message")} of topic ${topic} waiting to be written by group ${group}, ` +
      `the limit is ${numberText(lagLimit)}`;
    alerts.push({ alert: "lag", value: lag, limit: lagLimit, text });
  }
  if (leaderless.length > 0) {
    const text = `partition ${leaderless.join(", ")} of topic ${topic} has no leader and ` +
      "cannot be read";
    alerts.push({ alert: "leader", value: leaderless.length, limit: 0, text });
  }
  for (const { of, offset, high, failure: { message: text, fix } } of beyondEnd) {
    alerts.push({ alert: of, value: offset, limit: high, text, fix });
  }
  if (hidden !== undefined) {
    const text = `${
      countText(hidden.objects, "object")
    } in days that the table's projection does not cover`;
    alerts.push({ alert: "projection", value: hidden.objects, limit: 0, text });
  }
  return alerts;
}
