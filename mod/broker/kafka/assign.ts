/** A member of a group and the topics that it wants. */
export interface Subscription {
  memberId: string;
  topics: string[];
}

/**
 * Name of our way of sharing partitions. It is our own, so that the broker keeps members apart that
 * would commit offsets by other rules: a group of other programs refuses us, and ours refuses them.
 */
export const PROTOCOL = "ticklake";

/**
 * Shares the partitions of each topic among those who want it, in turn: every partition has one
 * owner, and nobody has two more than another who wants the same topics.
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
