/** A group member and the topics it subscribes to. */
export interface Subscription {
  memberId: string;
  topics: string[];
}

/**
 * Name of our assignment protocol. A name of our own makes the broker keep us apart from members
 * that commit offsets by other rules: a group of other programs refuses us, and ours refuses them.
 */
export const PROTOCOL = "ticklake";

/**
 * Assigns the partitions of each topic round-robin to its subscribers: every partition has one
 * owner, and the partition counts of two subscribers to the same topics differ by at most one.
 * @param counts number of partitions of each topic
 * @returns each member's partitions by topic
 */
export function assign(
  members: Subscription[],
  counts: ReadonlyMap<string, number>,
): Map<string, Record<string, number[]>> {
  const sorted = [...members].sort((a, b) => a.memberId < b.memberId ? -1 : 1);
  const shares = new Map<string, Record<string, number[]>>();
  for (const { memberId } of sorted) shares.set(memberId, {});
  let turn = 0;
  for (const [topic, count] of counts) {
    const owners = sorted.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < count && owners.length > 0; partition++, turn++) {
      const share = shares.get(owners[turn % owners.length].memberId)!;
      (share[topic] ??= []).push(partition);
    }
  }
  return shares;
}
