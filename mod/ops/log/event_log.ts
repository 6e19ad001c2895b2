import { getLogger } from "@logtape/logtape";
import { messageOf } from "../../failure/failure.ts";
import { fixOf } from "../../failure/fix_of.ts";
import type { GapReport, SinkListener } from "../../sink/sink_event.ts";

const logger = getLogger(["ticklake", "sink"]);

/** Objects of one flush of a partition that are worth a warning. */
const MANY_OBJECTS = 100;

const MANY_OBJECTS_FIX =
  "If it goes on: a coarser --partition-by, such as year(date) or bucket(index,16).";

/** Logs what the sink does, with the field names of the metrics. */
export function eventLog(): SinkListener {
  let isReady = true;
  return (event) => {
    switch (event.kind) {
      case "assigned":
        // The broker's adapter says why.
        if (event.partitions.length === 0) return;
        return logger.info("reading partitions {partitions}", { partitions: event.partitions });
      case "notice":
        return logger.warn(event.text.replaceAll("{", "{{").replaceAll("}", "}}"));
      case "waiting":
        return logger.info(
          "waiting for other members of the group to finish writing partitions {partitions}",
          { partitions: event.partitions },
        );
      case "flushed":
        if (event.flush.objects > MANY_OBJECTS) {
          logger.warn("partition {partition} wrote {objects} objects, one for each folder", {
            partition: event.flush.partition,
            objects: event.flush.objects,
            fix: MANY_OBJECTS_FIX,
          });
        }
        return logger.info("wrote offsets {first} to {last} of partition {partition}", {
          ...event.flush,
          seconds: Number(event.flush.seconds.toFixed(3)),
        });
      case "rejected":
        return logger.warn("rejected a message of partition {partition}: {reason}", {
          partition: event.partition,
          reason: event.reason,
          rejected: event.count,
        });
      case "retried": {
        // The broker's adapter logs it, now and then: there may be one for each partition.
        if (event.what === "commit") return;
        const fix = fixOf(event.error);
        return logger.warn("{what} failed, retrying: {error}", {
          what: event.what,
          error: messageOf(event.error),
          ...fix !== undefined && { fix },
        });
      }
      case "gap":
        return logGap(event.gap);
      case "ready":
        if (event.ready === isReady) return;
        isReady = event.ready;
        if (isReady) logger.info("ready again");
        else logger.warn("not ready: {why}", { why: event.why ?? "no reason given" });
    }
  };
}

const GAPS = {
  retention:
    "retention removed offsets {from} to {to} of partition {partition} before they were read",
  reset: "the group was moved past offsets {from} to {to} of partition {partition}",
  unreadable: "offsets {from} to {to} of partition {partition} cannot be read",
  lost: "offsets {from} to {to} of partition {partition} are in neither the lake nor the topic",
  unread: "offsets {from} to {to} of partition {partition} were not read by ticklake 0.1.0",
} as const;

function logGap({ partition, first, end, reason }: GapReport): void {
  logger.error(GAPS[reason], {
    partition,
    from: first,
    to: end - 1,
    lost: end - first,
  });
}
