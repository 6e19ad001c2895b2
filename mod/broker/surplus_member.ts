import { getLogger } from "@logtape/logtape";

const logger = getLogger(["ticklake", "broker"]);

/**
 * Says that a group has more members than the topic has partitions, so that nothing is left for this one:
 * it is not broken, and takes over when another one leaves.
 */
export function logSurplusMember(group: string, topic: string, partitions: number): void {
  logger.info(
    "group {group} has more consumers than {topic} has partitions ({count}): none is assigned to this " +
      "one; it is a standby until another one stops",
    { group, topic, count: partitions },
  );
}
