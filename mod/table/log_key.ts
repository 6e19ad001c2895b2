import type { LogName } from "./table.ts";

/** Digits of a key: two logs of one table have the same by chance once in 10^14. */
const DIGITS = 12;

/**
 * A log's short name: a function of the cluster's and the topic's id, the same in every table. Empty for
 * a log without an id, which the topic's name alone stands for.
 */
export async function logKey({ cluster, topicId }: LogName): Promise<string> {
  if (topicId === null) return "";
  const bytes = new TextEncoder().encode(JSON.stringify([cluster, topicId]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, DIGITS);
}
