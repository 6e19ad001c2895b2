/**
 * Which member owns which partition: each member gets a contiguous range, the first ones one more
 * where it does not divide evenly, as Kafka's range assignor does.
 * @param members in the order in which they get their ranges
 * @returns the owner of each partition, by partition; empty without members
 */
export function assignRanges(members: readonly string[], partitions: number): string[] {
  const owners: string[] = [];
  const each = Math.floor(partitions / members.length);
  const oneMore = partitions % members.length;
  members.forEach((member, i) => {
    const count = each + (i < oneMore ? 1 : 0);
    for (let n = 0; n < count; n++) owners.push(member);
  });
  return owners;
}
