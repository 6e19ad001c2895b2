import { NotTheService } from "../aws/api_failure.ts";
import type { HiddenObjects } from "../catalog/glue/projected_days.ts";
import { lakeOutOfReach } from "../catalog/lake_in_reach.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { fixOf } from "../failure/fix_of.ts";
import type { RowSchema } from "../schema/schema.ts";
import { crawlerName } from "./lake_names.ts";

/** The table's crawler. */
export interface CrawlerStatus {
  name: string;
  /** The crawler's state in Glue's terms; `null` if it does not exist. */
  state: string | null;
  /** Glue's word for how the last crawl ended. */
  lastCrawl?: string;
  /** When that began, ISO 8601. */
  lastCrawlAt?: string;
}

/** A table whose days are computed. */
export interface ProjectionStatus {
  /** First day that it covers. */
  since: string;
  /** Objects that it does not cover. */
  hidden?: HiddenObjects;
}

/** What Glue has of the lake. */
export interface CatalogStatus {
  crawler: CrawlerStatus;
  projection?: ProjectionStatus;
}

/**
 * Asks Glue; `undefined` if the lake is on a server without Glue.
 * @param days objects with rows by day
 */
export async function catalogStatus(
  context: CommandContext,
  schema: RowSchema,
  days: ReadonlyMap<string, number>,
): Promise<CatalogStatus | undefined> {
  const elsewhere = lakeOutOfReach("glue");
  try {
    if (elsewhere === undefined) return await askGlue(context, schema, days);
  } catch (error) {
    if (!(error instanceof NotTheService)) throw error;
  }
  context.output.note("crawler and cost: none, as the lake is not on AWS");
}

async function askGlue(
  { settings, output, signal }: CommandContext,
  schema: RowSchema,
  days: ReadonlyMap<string, number>,
): Promise<CatalogStatus> {
  const [
    { GlueClient },
    { openApi },
    { findCrawler },
    { findTable },
    projected,
    { projectedDays },
  ] = await Promise.all([
    import("@aws-sdk/client-glue"),
    import("../aws/api.ts"),
    import("../catalog/glue/crawler.ts"),
    import("../catalog/glue/table.ts"),
    import("../catalog/glue/projected_days.ts"),
    import("../catalog/glue/projection.ts"),
  ]);
  const glue = openApi((options) => new GlueClient(options), { service: "glue", signal });
  try {
    const name = crawlerName(settings, schema);
    const found = await findCrawler(glue, name);
    const crawler = {
      name,
      state: found?.State ?? null,
      lastCrawl: found?.LastCrawl?.Status,
      lastCrawlAt: found?.LastCrawl?.StartTime?.toISOString(),
    };
    const table = await findTable(glue, settings.database, schema.table).catch((error) => {
      // Policies of release 0.1.0 do not grant it.
      if (!(error instanceof Failure) || error instanceof NotTheService) throw error;
      output.note(`projection: not checked: ${error.message}`, fixOf(error));
      return undefined;
    });
    const covered = projectedDays(table?.Parameters);
    if (covered === undefined) return { crawler };
    const hidden = projected.hiddenObjects(days, covered, Date.now());
    return { crawler, projection: { since: covered.first, ...hidden && { hidden } } };
  } finally {
    glue.close();
  }
}
