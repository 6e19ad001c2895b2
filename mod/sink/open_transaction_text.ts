import type { OpenTransaction } from "../broker/broker.ts";

/** The message about a transaction that blocks a partition. @param ageMs its age */
export function openTransactionText(
  topic: string,
  partition: number,
  { first, end, producerId, producerEpoch, sinceMs }: OpenTransaction,
  ageMs: number,
): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  return `${topic}: partition ${partition} waits at offset ${first} for a transaction that producer ` +
    `${producerId} (epoch ${producerEpoch}) opened ${seconds} s ago, at ` +
    `${new Date(sinceMs).toISOString()}: offsets ${first} to ${
      end - 1
    } cannot be read until it is ` +
    "committed or aborted. The broker aborts it after its transaction.timeout.ms; if its producer is " +
    "gone and it stays open, find it with `kafka-transactions.sh find-hanging` (an abort discards its " +
    "uncommitted messages)";
}
