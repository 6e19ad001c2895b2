import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { readDeadLetters, type StoredDeadLetter } from "../lake/format/read_dead_letters.ts";
import type { LakeStore } from "../lake/store.ts";
import { tableObjects } from "../lake/table_objects.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { Progress } from "../terminal/progress.ts";

/** A dead letter, and the day under which it is: `YYYY-MM-DD`, or Hive's name for none. */
export interface FoundDeadLetter extends StoredDeadLetter {
  day: string;
}

/**
 * The dead letters of the topic that the settings choose (`--partition`, `--day`, `--reason`), by partition
 * and offset. One object is held at a time.
 * @throws {Failure} kind `usage` for a day that is none; kind `service`
 */
export async function* findDeadLetters(
  { settings, output, signal }: CommandContext,
  store: LakeStore,
): AsyncGenerator<FoundDeadLetter> {
  const { topic, readPartition: partition, day, reason } = settings;
  if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day)) {
    throw new Failure("usage", `--day: expected YYYY-MM-DD, found ${JSON.stringify(day)}`);
  }
  const { table } = await loadSchema(settings.schema, signal);
  const objects = await Array.fromAsync(
    tableObjects(store, { table, kinds: ["dead-letters"], topic, signal }),
  );
  const chosen = objects
    .map((object) => ({ ...object, day: object.parsed.partitions[0]?.[1] ?? "" }))
    .filter((object) =>
      (partition === undefined || object.parsed.partition === partition) &&
      (day === undefined || object.day === day)
    )
    .sort((a, b) => a.parsed.partition - b.parsed.partition || a.parsed.first - b.parsed.first);
  const progress = new Progress(output, "read", "object");
  for (const [i, object] of chosen.entries()) {
    progress.update(i + 1, chosen.length);
    const bytes = await store.get(object.name, { signal });
    for (const letter of readDeadLetters(object.name, bytes)) {
      if (reason === undefined || letter.reason.includes(reason)) {
        yield { ...letter, day: object.day };
      }
    }
  }
  output.progress("");
}
