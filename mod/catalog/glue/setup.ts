import { GlueClient } from "@aws-sdk/client-glue";
import { IAMClient } from "@aws-sdk/client-iam";
import { openApi } from "../../aws/api.ts";
import { explainRefusal } from "../../aws/explain_refusal.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { Crawl, Part, SetupReport } from "../setup_report.ts";
import { crawl } from "./crawl.ts";
import { deleteCrawler, ensureCrawler, findCrawler, requireRole } from "./crawler.ts";
import { deleteDatabase, ensureDatabase, findDatabase, requireDatabaseName } from "./database.ts";
import type { PolicySubject } from "../../aws/policies.ts";
import { deleteRole, ensureRole } from "./role.ts";
import { daysToProject, hiddenObjects, objectsByDay } from "./projected_days.ts";
import { deleteTables, ensureTable, lakeTables } from "./table.ts";
import { type GlueApi, type GlueTarget, MARK } from "./glue_target.ts";
import type { Waiting } from "./poll.ts";

/** Options of {@linkcode setUpGlue} and {@linkcode deleteGlue}. */
export interface GlueSetupOptions extends Waiting {
  target: GlueTarget;
  /** Only say what would be done. */
  dryRun: boolean;
  /** The role to create, or to delete, where the set-up made it; `undefined`: none. */
  ownRole?: PolicySubject;
}

/** Options of {@linkcode setUpGlue}. */
export interface GlueRunOptions extends GlueSetupOptions {
  lake: LakeStore;
  /** Start the crawler. */
  run: boolean;
  /** Wait for the crawler's end. */
  wait: boolean;
}

/**
 * Creates the catalog in Glue, or brings what is there to the target: each part is created, updated or
 * left alone. Safe to repeat, and to continue with after a failure.
 */
export async function setUpGlue(options: GlueRunOptions): Promise<SetupReport> {
  const { target, dryRun, ownRole } = options;
  requireDatabaseName(target.database);
  const apply = !dryRun;
  const glue = openGlue(options);
  try {
    // Before anything is made: a role cannot be guessed.
    if (!target.projection) await requireRole(glue, target);
    const parts: Part[] = [];
    if (ownRole !== undefined) {
      // A role is of no use where there is no Glue.
      await findDatabase(glue, target.database);
      parts.push(
        await withIam(options, async (iam) => {
          const region = await glue.region();
          return ensureRole(iam, { ...ownRole, region }, { apply });
        }),
      );
    }
    const database = await ensureDatabase(glue, target.database, { apply });
    parts.push(database);
    // What JSON is, and what a projection covers, the crawler cannot know.
    const create = target.projection || target.format === "jsonl";
    const days = target.projection ? await lakeDays(options) : new Map<string, number>();
    const table = await ensureTable(glue, target, { apply, days: [...days.keys()], create });
    if (table !== undefined) parts.push(table);
    if (target.projection) {
      parts.push(...await idleCrawler(glue, target));
      const now = Date.now();
      const hidden = hiddenObjects(days, daysToProject(days.keys(), now), now);
      return { ...await describe(glue, options, parts), ...hidden && { hidden } };
    }
    const newRole = parts.some(({ part, state }) => part === "role" && state === "created");
    parts.push(await ensureCrawler(glue, target, { ...options, apply, newRole }));
    const ran = options.run || options.wait ? await runCrawler(glue, options) : undefined;
    return await describe(glue, options, parts, ran);
  } catch (error) {
    throw explainRefusal(error);
  } finally {
    glue.close();
  }
}

/** Deletes what the set-up has made, in an order in which each step can be repeated. */
export async function deleteGlue(options: GlueSetupOptions): Promise<SetupReport> {
  const { target, dryRun, ownRole } = options;
  const apply = !dryRun;
  const glue = openGlue(options);
  try {
    // The crawler first: it must not make the table again meanwhile.
    const crawler = await deleteCrawler(glue, target.crawler, { ...options, apply });
    const tables = await deleteTables(glue, target, {
      apply,
      crawlerIsOurs: crawler.state !== "kept",
    });
    const gone = tables.filter(({ state }) => state === "deleted").map(({ name }) => name);
    const database = await deleteDatabase(glue, target.database, { apply, gone });
    const parts = [crawler, ...tables, database];
    if (ownRole !== undefined) {
      parts.push(await withIam(options, (iam) => deleteRole(iam, ownRole.role, { apply })));
    }
    return { dryRun, parts, tables: [] };
  } catch (error) {
    throw explainRefusal(error);
  } finally {
    glue.close();
  }
}

/** A crawler of ours that a projected table has no use for. */
async function idleCrawler(glue: GlueApi, { crawler: name }: GlueTarget): Promise<Part[]> {
  const found = await findCrawler(glue, name);
  if (found?.Description !== MARK) return [];
  const changes = ["not needed any more: the table computes its partitions; delete it in Glue"];
  return [{ part: "crawler", name, state: "kept", changes }];
}

async function runCrawler(glue: GlueApi, options: GlueRunOptions): Promise<Crawl | undefined> {
  if (options.dryRun) {
    return options.run ? { state: "PLANNED", joined: false, seconds: 0 } : undefined;
  }
  const before = await countPartitions(glue, options.target);
  const ran = await crawl(glue, options.target.crawler, options);
  if (!options.wait) return ran;
  return { ...ran, partitionsAdded: await countPartitions(glue, options.target) - before };
}

async function countPartitions(glue: GlueApi, target: GlueTarget): Promise<number> {
  const table = (await lakeTables(glue, target)).find(({ name }) => name === target.schema.table);
  return table?.partitions ?? 0;
}

async function describe(
  glue: GlueApi,
  { target, dryRun }: GlueRunOptions,
  parts: Part[],
  crawled?: Crawl,
): Promise<SetupReport> {
  return {
    dryRun,
    parts,
    tables: await lakeTables(glue, target),
    ...crawled && { crawl: crawled },
  };
}

function lakeDays({ lake, target, signal }: GlueRunOptions): Promise<Map<string, number>> {
  return objectsByDay(lake, target.schema.table, signal);
}

function openGlue({ signal }: Waiting): GlueApi {
  return openApi((options) => new GlueClient(options), { service: "glue", signal });
}

async function withIam<T>(
  { signal }: Waiting,
  work: (iam: Parameters<typeof ensureRole>[0]) => Promise<T>,
): Promise<T> {
  const iam = openApi((options) => new IAMClient(options), { service: "iam", signal });
  try {
    return await work(iam);
  } finally {
    iam.close();
  }
}
