import type { CommittedOffset } from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import type { TablePosition } from "../table/table.ts";
import { parseCheckpoint } from "./intent.ts";

/** The offsets that must not be beyond the end of a partition's log. */
export interface OffsetsAtEnd {
  topic: string;
  partition: number;
  /** Where the log ends, requested after the two others. */
  high: number;
  /** What the group has committed; `undefined` or an offset of `null` if nothing. */
  committed: Pick<CommittedOffset, "offset" | "metadata"> | undefined;
  /** The table's position; absent if it has nothing of the partition. */
  position: Pick<TablePosition, "end"> | undefined;
}

/** An offset beyond the log's end, for which `consume` refuses to start. */
export interface BeyondLogEnd {
  /** Whose offset it is. */
  of: "table" | "group";
  offset: number;
  /** Kind `failed`. */
  failure: Failure;
}

/**
 * Whether another program or a reset has set a group beyond the log's end. An offset that this program committed
 * counts only as far as the table has it: the group may have been used for another table, or for a former log
 * of the name.
 */
export function isSetBeyond(committed: OffsetsAtEnd["committed"], high: number): boolean {
  return (committed?.offset ?? 0) > high && parseCheckpoint(committed!.metadata) === undefined;
}

/** The table's offset or the group's, if one is beyond the log's end. */
export function beyondLogEnd(offsets: OffsetsAtEnd): BeyondLogEnd | undefined {
  const { topic, partition, high, committed, position } = offsets;
  if (isSetBeyond(committed, high)) {
    const group = committed!.offset!;
    return { of: "group", offset: group, failure: groupBeyondEnd(topic, partition, high, group) };
  }
  if (position === undefined || position.end <= high) return undefined;
  const { end } = position;
  return { of: "table", offset: end, failure: tableBeyondEnd(topic, partition, high, end) };
}

/** The group was set to an offset beyond the log's end: a gap up to it would swallow future messages. */
function groupBeyondEnd(topic: string, partition: number, high: number, offset: number): Failure {
  return new Failure(
    "failed",
    `${topic}: partition ${partition} ends at offset ${high}, but the group is at ${offset}, set by ` +
      "another program or a reset: the offset is wrong, or the broker has lost messages",
    {
      fix:
        "`ticklake reset --to lake` sets the group to where the table ends. If the broker has lost " +
        "messages (an unclean leader election, or a restored disk), bring them back first.",
    },
  );
}

function tableBeyondEnd(topic: string, partition: number, high: number, end: number): Failure {
  return new Failure(
    "failed",
    `the table has offsets up to ${
      end - 1
    } of partition ${partition} of ${topic}, but the log ends ` +
      `at ${high}: the broker has lost messages (an unclean leader election, or a restored disk)`,
    {
      fix:
        "The lost messages are in the table; new ones would reuse their offsets. Repair an embedded log " +
        "with `ticklake repair --log`. In Kafka, have the producers send to a topic of another name " +
        "and set KAFKA_TOPIC to it; its rows are added to the table. Keep this topic: it may " +
        "have messages that the table lacks.",
    },
  );
}
