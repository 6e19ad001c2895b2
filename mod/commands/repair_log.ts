import { resolve } from "node:path";
import type { LogRepair } from "../broker/embedded/salvage/repair_log.ts";
import type { PartitionRebuild, TakenOffsets } from "../broker/embedded/salvage/rebuild_plan.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { countText, offsetsText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `repair --log`: saves what can be read of a damaged embedded log. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { bootstrapServers, home, dryRun } = settings;
  if (bootstrapServers !== undefined) {
    throw new Failure("usage", "repair --log: the topic is in Kafka, at KAFKA_BOOTSTRAP_SERVERS", {
      fix: "--log is for the embedded log. Kafka repairs its own from the other replicas.",
    });
  }
  const { repairLog } = await import("../broker/embedded/salvage/repair_log.ts");
  const path = `${home}/log.sqlite`;
  try {
    const taken = await takenOffsets(context);
    output.note(`reading every page of ${path}`);
    const progress = new Progress(output, "written", "block");
    const repair = await repairLog(path, {
      taken,
      dryRun,
      signal,
      onProgress: (done, all) => progress.update(done, all),
    });
    output.progress("");
    report(path, repair, context);
    return 0;
  } catch (error) {
    throw stoppedFailure(error, context, "repeat the command to complete the repair");
  } finally {
    output.progress("");
  }
}

/** What the table has of the log: these offsets are not given out again. */
async function takenOffsets({ settings, signal }: CommandContext): Promise<TakenOffsets[]> {
  const schema = await loadSchema(settings.schema, signal);
  const store = await openLake(settings);
  try {
    if (settings.tableFormat === "hive") {
      const { recordedLogs } = await import("../table/hive/table_state.ts");
      const { requireHiveTable } = await import("../table/hive/migrated.ts");
      await requireHiveTable(store, schema.table, { signal });
      const logs = await recordedLogs(store, schema.table, { signal });
      return logs.flatMap(({ topic, identity, positions }) =>
        identity === null ? [] : [{ ...identity, topic, ends: endsOf(positions) }]
      );
    }
    const { logsOf, positionsOf } = await import("../table/iceberg/position.ts");
    const { catalog } = await openIceberg(settings, schema, store);
    try {
      const metadata = (await catalog.load())?.metadata;
      if (metadata === undefined) {
        const { requireNoHive } = await import("../table/hive/hive_in_place.ts");
        await requireNoHive(store, schema.table, { signal });
        return [];
      }
      return [...logsOf(metadata)].map(([id, { topic, cluster, topicId }]) => {
        return { topic, cluster, topicId, ends: endsOf(positionsOf(metadata, id)) };
      });
    } finally {
      catalog.close();
    }
  } finally {
    store.close();
  }
}

function endsOf(positions: ReadonlyMap<number, { end: number }>): Map<number, number> {
  return new Map([...positions].map(([partition, { end }]) => [partition, end]));
}

function report(path: string, repair: LogRepair, { output, settings }: CommandContext): void {
  const { damage, kept, plan: { renamed, partitions } } = repair;
  output.document({
    ok: damage === undefined || kept !== undefined,
    dryRun: settings.dryRun,
    damage: damage ?? null,
    kept: kept === undefined ? null : resolve(kept),
    newIds: damage === undefined ? [] : renamed,
    partitions: partitions.map((one) => ({
      topic: one.topic,
      partition: one.partition,
      low: one.first,
      high: one.end,
      messages: messagesOf(one),
      lost: one.lost,
    })),
  });
  if (damage === undefined) return output.line("ok: nothing to repair");
  output.line(`damaged: ${damage}`);
  for (const one of partitions) {
    output.line(
      `${one.topic}, partition ${one.partition}: ${countText(messagesOf(one), "message")} can be ` +
        "read" + one.lost.map(({ first, end }) =>
          `; ${offsetsText({ first, last: end - 1 })} lost`
        ).join(""),
    );
  }
  for (const topic of renamed) {
    output.note(
      `warning: the id of topic ${topic} is lost; it gets a new one, so tables treat its messages as another log's`,
      "Consume it into a table of another name, or existing rows are written a second time.",
    );
  }
  if (settings.dryRun) return output.note("nothing was changed: --dry-run");
  output.line(`ok: repaired ${path}; the damaged files are kept in ${resolve(kept!)}`);
  if (partitions.some(({ lost }) => lost.length > 0)) {
    output.note("`ticklake consume` records the lost offsets as a gap");
  }
}

function messagesOf({ blocks, first }: PartitionRebuild): number {
  return blocks.reduce(
    (sum, block) => sum + block.first + block.count - Math.max(first, block.first),
    0,
  );
}
