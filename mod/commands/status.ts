import { NotTheService } from "../aws/api_failure.ts";
import { explainRefusal } from "../aws/explain_refusal.ts";
import type { CommittedOffset, PartitionOffsets } from "../broker/broker.ts";
import { lakeOutOfReach } from "../catalog/lake_in_reach.ts";
import { formatDollars } from "../aws/prices.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, numberText, sizeText } from "../terminal/amount_text.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import { hasSmallObjects, type LakeCost, lakeCost } from "../status/lake_cost.ts";
import { type LakeInventory, takeInventory } from "../status/lake_inventory.ts";
import { crawlerName } from "./lake_names.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** Where a group stands in a partition. */
interface PartitionStatus extends PartitionOffsets {
  /** Next offset to be written; `null` where the group has committed nothing. */
  committed: number | null;
  /** Messages that are in the topic and not in the lake. */
  lag: number;
}

/** The table's crawler. */
interface CrawlerStatus {
  name: string;
  /** Glue's word for what it does now; `null` where there is no such crawler. */
  state: string | null;
  /** Glue's word for how the last crawl ended. */
  lastCrawl?: string;
  /** When that began, ISO 8601. */
  lastCrawlAt?: string;
}

/** `status`: where the pipeline stands, and what it costs. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, bucket } = settings;
  const schema = await loadSchema(settings.schema, signal);
  try {
    const partitions = await partitionStatus(context);
    const lake = await openLake(settings);
    let inventory: LakeInventory;
    try {
      output.note(`lake: ${lake.description}`);
      inventory = await takeInventory(lake, schema.table, topic, signal);
    } finally {
      lake.close();
    }
    const crawler = bucket === undefined ? undefined : await crawlerStatus(context, schema);
    // Elsewhere AWS's prices mean nothing.
    const cost = crawler === undefined ? undefined : lakeCost(inventory);
    const smallObjects = hasSmallObjects(inventory);
    output.document({ topic, group, partitions, lake: inventory, smallObjects, crawler, cost });
    printPartitions(partitions, context);
    printLake(inventory, context);
    if (crawler !== undefined) printCrawler(crawler, context);
    if (cost !== undefined) printCost(cost, context);
    if (smallObjects) {
      output.note(
        `warning: ${inventory.objects} objects of ${
          sizeText(inventory.bytes / inventory.objects)
        } on average make queries slow`,
        "Write fewer and larger ones: a longer --flush-interval, larger --flush-rows and --flush-bytes, or a coarser --partition-by.",
      );
    }
    return 0;
  } catch (error) {
    throw explainRefusal(stoppedFailure(error, context, "not all was looked at"));
  }
}

async function partitionStatus(
  { settings, output, signal }: CommandContext,
): Promise<PartitionStatus[] | null> {
  const broker = await openExistingBroker(settings, { signal });
  try {
    output.note(`broker: ${broker.description}`);
    const { topic, group } = settings;
    const offsets = await broker.topicOffsets(topic, { signal });
    if (offsets === null) return null;
    const committed = new Map<number, CommittedOffset>();
    for (const one of await broker.groupOffsets(group, topic, { signal })) {
      committed.set(one.partition, one);
    }
    return offsets.map(({ partition, low, high }) => {
      const offset = committed.get(partition)?.offset ?? null;
      return { partition, low, high, committed: offset, lag: high - Math.max(offset ?? low, low) };
    });
  } finally {
    await broker.close();
  }
}

/** The crawler; `undefined` where the lake is on a server that has no Glue. */
async function crawlerStatus(
  context: CommandContext,
  schema: RowSchema,
): Promise<CrawlerStatus | undefined> {
  const elsewhere = lakeOutOfReach("glue");
  try {
    if (elsewhere === undefined) return await askForCrawler(context, schema);
  } catch (error) {
    if (!(error instanceof NotTheService)) throw error;
  }
  context.output.note("crawler and cost: none, as the lake's server is not AWS's");
}

async function askForCrawler(
  { settings, signal }: CommandContext,
  schema: RowSchema,
): Promise<CrawlerStatus> {
  const [{ GlueClient }, { openApi }, { findCrawler }] = await Promise.all([
    import("@aws-sdk/client-glue"),
    import("../aws/api.ts"),
    import("../catalog/glue/crawler.ts"),
  ]);
  const glue = openApi((options) => new GlueClient(options), { service: "glue", signal });
  try {
    const name = crawlerName(settings, schema);
    const crawler = await findCrawler(glue, name);
    return {
      name,
      state: crawler?.State ?? null,
      lastCrawl: crawler?.LastCrawl?.Status,
      lastCrawlAt: crawler?.LastCrawl?.StartTime?.toISOString(),
    };
  } finally {
    glue.close();
  }
}

function printPartitions(partitions: PartitionStatus[] | null, context: CommandContext): void {
  const { settings: { topic, group }, output } = context;
  if (partitions === null) return output.line(`topic ${topic}: does not exist`);
  const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
  output.line(`topic ${topic}, group ${group}: lag ${numberText(lag)}`);
  for (const { partition, low, high, committed, lag } of partitions) {
    output.line(
      `  partition ${partition}: offsets ${low} to ${high}, ` +
        `${committed === null ? "nothing committed" : `committed ${committed}`}, lag ${
          numberText(lag)
        }`,
    );
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
    output.line(`  lost to retention before they were read: ${countText(lost, "message")}`);
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
