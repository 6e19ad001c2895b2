import { getLogger } from "@logtape/logtape";
import { messageOf } from "../../failure/failure.ts";
import type { SinkObserver } from "../../sink/observer.ts";

const logger = getLogger(["ticklake", "sink"]);

/** Writes what the sink does to the log, with the field names of the metrics. */
export function eventLog(): SinkObserver {
  let isReady = true;
  return {
    assigned(partitions) {
      logger.info("reading partitions {partitions}", { partitions });
    },
    flushed({ partition, first, last, rows, rejected, objects, bytes, seconds }) {
      logger.info("wrote offsets {first} to {last} of partition {partition}", {
        partition,
        first,
        last,
        rows,
        rejected,
        objects,
        bytes,
        seconds: Number(seconds.toFixed(3)),
      });
    },
    rejected(partition, reason, count) {
      logger.warn("rejected a message of partition {partition}: {reason}", {
        partition,
        reason,
        rejected: count,
      });
    },
    retried(what, error) {
      // The broker's adapter logs it, now and then: there may be one for each partition.
      if (what === "commit") return;
      logger.warn("{what} failed and is tried again: {error}", { what, error: messageOf(error) });
    },
    gap(partition, from, to) {
      logger.error(
        "retention removed offsets {from} to {to} of partition {partition} before they were read",
        { partition, from, to: to - 1, lost: to - from },
      );
    },
    ready(ready, why) {
      if (ready === isReady) return;
      isReady = ready;
      if (ready) logger.info("ready again");
      else logger.warn("not ready: {why}", { why: why ?? "no reason given" });
    },
  };
}
