import type { CommandContext } from "../cli/command.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { countText, numberText, offsetsText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { countOffsets, type OffsetRange } from "../verify/offset_range.ts";
import { isOthersProved, type OthersTableVerdict, verifyOthers } from "../verify/verify_others.ts";
import {
  objectsOfIceberg,
  objectsOfLake,
  type ObjectsOfOthers,
  type OthersOptions,
} from "../verify/objects_of_others.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** Ranges that are named one by one; the others are counted. */
const RANGES_SHOWN = 10;

const FINDINGS = {
  missing: "in the topic, but in no row",
  duplicate: "in more than one row",
  foreign: "in a row, but not in the topic",
} as const;

/** `verify --table-of-others`: whether a lake of another sink has each offset of the topic once. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, offsetColumn, partitionColumn, topicColumn } = settings;
  const columns = {
    offset: offsetColumn,
    partition: partitionColumn,
    ...topicColumn === undefined ? {} : { topic: topicColumn },
  };
  const broker = await openExistingBroker(settings, { signal });
  let others: Opened | undefined;
  try {
    others = await open({ columns, topic, signal }, context);
    output.note(`reading every row of ${others.description}, for topic ${topic}`);
    const progress = new Progress(output, "read", "object");
    const { objects, ignored } = others;
    const verdict = await verifyOthers({
      broker,
      objects,
      topic,
      group,
      signal,
      onProgress: (done, all) => progress.update(done, all),
    });
    output.progress("");
    return report({ ...verdict, ignored }, context);
  } catch (error) {
    throw stoppedFailure(error, context, "nothing was verified");
  } finally {
    output.progress("");
    others?.close();
    await broker.close();
  }
}

interface Opened extends ObjectsOfOthers {
  description: string;
  close(): void;
}

async function open(options: OthersOptions, { settings }: CommandContext): Promise<Opened> {
  if (settings.tableFormat === "iceberg") {
    const { openTableOfOthers } = await import("./open_table_of_others.ts");
    const schema = await loadSchema(settings.schema, options.signal);
    const table = await openTableOfOthers(settings, schema);
    try {
      return { ...table, ...await objectsOfIceberg(table.base, table.files, options) };
    } catch (error) {
      table.close();
      throw error;
    }
  }
  const store = await openLake(settings);
  try {
    const { description } = store;
    return { ...await objectsOfLake(store, options), description, close: () => store.close() };
  } catch (error) {
    store.close();
    throw error;
  }
}

function report(
  verdict: OthersTableVerdict & { ignored: number },
  { output }: CommandContext,
): number {
  const { partitions, objects, ignored, unreadable } = verdict;
  const count = (kind: "missing" | "duplicate" | "foreign" | "unproven" | "deleted") =>
    partitions.reduce((sum, partition) => sum + countOffsets(partition[kind]), 0);
  const sum = (of: "found" | "behind") =>
    partitions.reduce((sum, partition) => sum + partition[of], 0);
  const ok = isOthersProved(verdict);
  const sums = {
    found: sum("found"),
    missing: count("missing"),
    duplicate: count("duplicate"),
    foreign: count("foreign"),
    unproven: count("unproven"),
    deleted: count("deleted"),
    behind: sum("behind"),
  };
  output.document({ ok, ...sums, objects, ignored, unreadable, partitions });
  output.line(
    `${ok ? "ok" : "NOT OK"}: ${countText(sums.found, "offset")} found, ` +
      `${numberText(sums.missing)} missing, ${numberText(sums.duplicate)} duplicate, in ` +
      countText(objects, "object"),
  );
  if (sums.behind > 0) output.note(`${countText(sums.behind, "message")} not in the lake yet`);
  if (sums.deleted > 0) {
    output.note(`${countText(sums.deleted, "offset")} with a row that delete files remove`);
  }
  if (sums.unproven > 0) {
    output.note(
      `warning: ${countText(sums.unproven, "offset")} without a row; the topic no longer ` +
        "shows whether there was a message",
    );
  }
  const lines = [
    ...unreadable.map(({ reason }) => `error: ${reason}`),
    ...partitions.flatMap((partition) =>
      Object.entries(FINDINGS).flatMap(([kind, meaning]) =>
        (partition[kind as keyof typeof FINDINGS] as OffsetRange[]).map((range) =>
          `error: partition ${partition.partition}, ${offsetsText(range)}: ${meaning}`
        )
      )
    ),
  ];
  for (const line of lines.slice(0, RANGES_SHOWN)) output.note(line);
  if (lines.length > RANGES_SHOWN) output.note(`and ${lines.length - RANGES_SHOWN} more`);
  return ok ? 0 : EXIT_CODES.rejected;
}
