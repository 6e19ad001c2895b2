import { explainRefusal } from "../aws/explain_refusal.ts";
import { noSuchTopic } from "../broker/absent_topic.ts";
import {
  BEGUN_AT_END,
  type Broker,
  type CommittedOffset,
  type PartitionOffsets,
} from "../broker/broker.ts";
import { describeHidden } from "../catalog/setup_report.ts";
import { formatDollars } from "../aws/prices.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, numberText, sizeText } from "../terminal/amount_text.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { hasSmallObjects, type LakeCost, lakeCost } from "../status/lake_cost.ts";
import { type BeyondLogEnd, beyondLogEnd } from "../sink/beyond_log_end.ts";
import type { IcebergInventory } from "../status/iceberg_inventory.ts";
import { type LakeInventory, takeInventory } from "../status/lake_inventory.ts";
import { type StatusAlert, statusAlerts } from "../status/status_alerts.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import { alertPost, checkWebhook, postAlert } from "../ops/telemetry/webhook.ts";
import { catalogStatus, type CrawlerStatus } from "./catalog_status.ts";
import { icebergStatus, printIcebergStatus } from "./iceberg_status.ts";
import { tablePositions } from "../status/table_positions.ts";
import { writtenEnd } from "../status/written_end.ts";
import { logKey } from "../table/log_key.ts";
import type { TablePosition } from "../table/table.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";
import { noteOtherFormat } from "./note_other_format.ts";

/** A group's position in a partition. */
interface PartitionStatus extends PartitionOffsets {
  /** Next offset to be written; `null` if the group has committed nothing. */
  committed: number | null;
  /** First offset that the table does not have, by its own record; `null` if it has none. */
  table: number | null;
  /** First offset that is not in the table; `null` if nothing was written. */
  written: number | null;
  /** Messages that are in the topic and not in the lake. */
  lag: number;
}

/** What the broker says of the topic. */
interface LogStatus {
  partitions: PartitionStatus[];
  /** Partitions without a leader; they are not in the other list. */
  leaderless: number[];
  /** Offsets of the table or the group that are beyond the log's end. */
  beyondEnd: Array<BeyondLogEnd & { high: number }>;
}

/** `status`: where the pipeline stands, and what it costs. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, bucket } = settings;
  const schema = await loadSchema(settings.schema, signal);
  const webhook = settings.alert && settings.alertWebhook !== undefined
    ? checkWebhook(settings.alertWebhook)
    : undefined;
  try {
    const isIceberg = settings.tableFormat === "iceberg";
    const lake = await openLake(settings);
    const days = new Map<string, number>();
    let log: LogStatus | null;
    let table: IcebergInventory | undefined;
    let inventory: LakeInventory;
    try {
      const broker = await openExistingBroker(settings, { signal });
      try {
        output.note(`broker: ${broker.description}`);
        output.note(`lake: ${lake.description}`);
        const identity = await broker.log(topic, { signal });
        const committed = (await broker.groupOffsets(group, topic, { signal }))
          .filter(({ metadata }) => metadata !== BEGUN_AT_END);
        let positions: ReadonlyMap<number, TablePosition>;
        if (isIceberg) {
          const { icebergPositions } = await import("../status/iceberg_inventory.ts");
          table = await icebergStatus(context, schema);
          positions = await icebergPositions(table, topic, identity);
        } else {
          await noteOtherFormat(requireHiveTable(lake, schema.table, { signal }), output);
          positions = await tablePositions(lake, schema.table, topic, identity, { signal });
        }
        const key = identity === null ? "" : await logKey({ topic, ...identity });
        log = await logStatus(broker, { key, committed, positions }, context);
      } finally {
        await broker.close();
      }
      inventory = await takeInventory(lake, schema.table, topic, signal, days);
    } finally {
      lake.close();
    }
    const partitions = log && log.partitions;
    const catalog = isIceberg || bucket === undefined
      ? undefined
      : await catalogStatus(context, schema, days);
    const { crawler, projection } = catalog ?? {};
    // Elsewhere AWS's prices mean nothing.
    const cost = crawler === undefined ? undefined : lakeCost(inventory);
    const smallObjects = hasSmallObjects(inventory);
    const alerts = statusAlerts({
      topic,
      group,
      lag: partitions && totalLag(partitions),
      lagLimit: settings.alertLag,
      leaderless: log?.leaderless,
      beyondEnd: log?.beyondEnd,
      hidden: projection?.hidden,
    });
    output.document({
      topic,
      group,
      partitions,
      leaderless: log?.leaderless ?? [],
      ...isIceberg && { table: table ?? null },
      lake: inventory,
      smallObjects,
      crawler,
      projection,
      cost,
      ...settings.alert && { alerts },
    });
    printPartitions(partitions, context);
    if (isIceberg) printIcebergStatus(table, context);
    else printLake(inventory, context);
    if (crawler !== undefined) printCrawler(crawler, context);
    if (cost !== undefined) printCost(cost, context);
    if (smallObjects) {
      output.note(
        `warning: ${countText(inventory.objects, "object")} of ${
          sizeText(inventory.bytes / inventory.objects)
        } on average make queries slow`,
        "Write fewer and larger ones: a longer --flush-interval, larger --flush-rows and --flush-bytes, or a coarser --partition-by. `ticklake maintain --merge` merges those of closed days.",
      );
    }
    if (projection?.hidden !== undefined) output.note(...describeHidden(projection.hidden));
    if (!settings.alert) {
      for (const { failure } of log?.beyondEnd ?? []) {
        output.note(`warning: ${failure.message}`, failure.fix);
      }
      return 0;
    }
    if (alerts.length === 0) return 0;
    for (const { text, fix } of alerts) output.note(`alert: ${text}`, fix);
    if (webhook !== undefined) await postAlerts(webhook, alerts, context);
    return EXIT_CODES.rejected;
  } catch (error) {
    throw explainRefusal(stoppedFailure(error, context, "not everything was checked"));
  }
}

/**
 * Where the topic's partitions end, beside what the group and the table have. These are asked for before the
 * ends: both may advance meanwhile.
 */
async function logStatus(
  broker: Broker,
  { key, committed, positions }: {
    key: string;
    committed: readonly CommittedOffset[];
    positions: ReadonlyMap<number, TablePosition>;
  },
  { settings: { topic, tableFormat }, output, signal }: CommandContext,
): Promise<LogStatus | null> {
  let leaderless: number[] = [];
  const offsets = await broker.topicOffsets(topic, {
    signal,
    leaderless: (partitions) => leaderless = partitions,
  });
  if (offsets === null) {
    const { message, fix } = await noSuchTopic(broker, topic, { signal });
    output.note(`warning: ${message}`, fix);
    return null;
  }
  if (leaderless.length > 0) {
    output.note(
      `warning: partition ${leaderless.join(", ")} has no leader: its lag is not known`,
    );
  }
  const beyondEnd: LogStatus["beyondEnd"] = [];
  const partitions = offsets.map(({ partition, low, high }): PartitionStatus => {
    const group = committed.find((one) => one.partition === partition);
    const position = positions.get(partition);
    const beyond = beyondLogEnd({ topic, partition, high, committed: group, position });
    if (beyond !== undefined) beyondEnd.push({ ...beyond, high });
    const mayLackPositions = tableFormat === "hive";
    const written = writtenEnd({ position, committed: group, high, key, mayLackPositions });
    return {
      ...{ partition, low, high, written },
      committed: group?.offset ?? null,
      table: position?.end ?? null,
      lag: Math.max(0, high - Math.max(low, written ?? 0)),
    };
  });
  return { leaderless, beyondEnd, partitions };
}

async function postAlerts(
  url: string,
  alerts: readonly StatusAlert[],
  { settings: { topic, group }, signal }: CommandContext,
): Promise<void> {
  const about = { command: "status", topic, host: Deno.hostname(), group };
  for (const { fix: _, ...alert } of alerts) {
    await postAlert(url, alertPost({ ...alert, state: "firing" }, about), signal);
  }
}

function totalLag(partitions: readonly PartitionStatus[]): number {
  return partitions.reduce((sum, { lag }) => sum + lag, 0);
}

function printPartitions(partitions: PartitionStatus[] | null, context: CommandContext): void {
  const { settings: { topic, group }, output } = context;
  if (partitions === null) return output.line(`topic ${topic}: does not exist`);
  const lag = totalLag(partitions);
  output.line(`topic ${topic}, group ${group}: lag ${numberText(lag)}`);
  for (const { partition, low, high, written: end, lag } of partitions) {
    const offsets = high === low ? `empty at offset ${high}` : `offsets ${low} to ${high - 1}`;
    const written = end === null
      ? "nothing written"
      : end === 0
      ? "nothing written yet"
      : `written to ${end - 1}`;
    output.line(`  partition ${partition}: ${offsets}, ${written}, lag ${numberText(lag)}`);
  }
}

function printLake(inventory: LakeInventory, { output }: CommandContext): void {
  const { objects, bytes, offsets, rows, rejected, deadLetterObjects, lost } = inventory;
  const what = rows === null ? countText(offsets, "message") : countText(rows, "row");
  output.line(`lake: ${what} in ${countText(objects, "object")}, ${sizeText(bytes)} in all`);
  if (deadLetterObjects > 0) {
    const many = rejected === null ? "many messages" : countText(rejected, "message");
    output.line(`  rejected: ${many} in ${countText(deadLetterObjects, "object")}`);
  }
  if (lost > 0) {
    output.line(
      `  in recorded gaps (removed by retention, skipped, unreadable or lost): ${
        countText(lost, "offset")
      }`,
    );
  }
}

function printCrawler(crawler: CrawlerStatus, { output }: CommandContext): void {
  const { name, state, lastCrawl, lastCrawlAt } = crawler;
  const last = lastCrawl === undefined ? "" : `, last crawl ${lastCrawl} at ${lastCrawlAt}`;
  output.line(`crawler ${name}: ${state ?? "does not exist"}${last}`);
}

function printCost(cost: LakeCost, { output }: CommandContext): void {
  const { putRequests, putDollars, storageDollarsMonth, putDollarsMonth } = cost;
  output.line(
    `cost: ${countText(putRequests, "PUT request")}, about ${
      formatDollars(putDollars)
    }; storage about ` +
      `${formatDollars(storageDollarsMonth)} a month` +
      (putDollarsMonth === null
        ? ""
        : `, writing about ${formatDollars(putDollarsMonth)} a month`) +
      ` (${cost.priceRegion} list price of ${cost.priceDate})`,
  );
}
