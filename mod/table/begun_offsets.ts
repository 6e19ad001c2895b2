import type { LogWriter } from "./table.ts";

/**
 * Where `--from latest` begins each partition of a log that is new to the table: at its end, or at
 * what the group has written of it to another table.
 * @param key see `logKey`
 */
export async function begunOffsets(
  writer: Pick<LogWriter, "committed" | "offsets">,
  key: string,
): Promise<Map<number, number>> {
  const begun = new Map((await writer.offsets()).map(({ partition, high }) => [partition, high]));
  for (const { partition, log = key, written } of await writer.committed()) {
    if (log === key && written !== null) begun.set(partition, written);
  }
  return begun;
}
