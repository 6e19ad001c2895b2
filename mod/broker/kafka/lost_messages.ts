import { Failure } from "../../failure/failure.ts";

/** A partition's log does not contain what was read from it. */
export interface LostMessages {
  topic: string;
  partition: number;
  /** Offset up to which it had been read. */
  position: number;
  /** Offset at which the log ends, or diverges from what was read. */
  end: number;
}

const FIX =
  "Messages that were read stay in the lake. If a replica or a disk still has the lost messages, " +
  "bring it back and start this again. Otherwise let the producers send to a topic of another name and " +
  "set KAFKA_TOPIC to it: its rows are added to the same table. To read this topic as it is now, " +
  "consume it into another --prefix with another --group.";

/** The log was truncated and written to again: the same offsets hold other messages. */
export function truncatedLog({ topic, partition, position, end }: LostMessages): Failure {
  return new Failure(
    "failed",
    `${topic}: the log of partition ${partition} was truncated at offset ${end} and continued after ` +
      `offsets up to ${
        position - 1
      } had been read, as in an unclean leader election: the messages ` +
      `read from offset ${end} on are no longer in the log, and those there now were not read`,
    { fix: FIX },
  );
}

/** The log ends before the offset up to which it had been read. */
export function endsBefore(
  { topic, partition, position, end }: LostMessages,
  group: string,
): Failure {
  return new Failure(
    "failed",
    `${topic}: partition ${partition} ends at offset ${end}, but group ${group} has read up to ` +
      `${position}: the broker has lost messages (an unclean leader election, or a restored disk), ` +
      "or the topic was deleted and recreated",
    { fix: FIX },
  );
}
