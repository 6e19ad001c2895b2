/**
 * The hash by which Kafka's Java clients choose a key's partition.
 * Source: Apache Kafka, org.apache.kafka.common.utils.Utils.murmur2.
 */
export function murmur2(key: Uint8Array): number {
  const { length } = key;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = key[i] | (key[i + 1] << 8) | (key[i + 2] << 16) | (key[i + 3] << 24);
    k = Math.imul(k, 0x5bd1e995);
    k ^= k >>> 24;
    hash = Math.imul(hash, 0x5bd1e995) ^ Math.imul(k, 0x5bd1e995);
  }
  const rest = length - whole;
  if (rest === 3) hash ^= key[whole + 2] << 16;
  if (rest >= 2) hash ^= key[whole + 1] << 8;
  if (rest >= 1) hash = Math.imul(hash ^ key[whole], 0x5bd1e995);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x5bd1e995);
  return hash ^ (hash >>> 15);
}

/** The partition of a key among `partitions`, as the Java clients' default partitioner says. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
