import {
  type Crawler,
  CreateCrawlerCommand,
  type CreateCrawlerCommandInput,
  DeleteCrawlerCommand,
  GetCrawlerCommand,
  StopCrawlerCommand,
  UpdateCrawlerCommand,
} from "@aws-sdk/client-glue";
import { isNamed } from "../../aws/api.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { Part } from "../setup_report.ts";
import { sameJson } from "./same_json.ts";
import { EXCLUSIONS, type GlueApi, type GlueTarget, MARK, tableLocation } from "./glue_target.ts";
import { poll, type Waiting } from "./poll.ts";

/** How long Glue may take to know a new role. Source: IAM user guide, "eventual consistency". */
const ROLE_MS = 60_000;

/** The crawler, `undefined` if there is none. */
export async function findCrawler(glue: GlueApi, name: string): Promise<Crawler | undefined> {
  try {
    return (await glue.send(new GetCrawlerCommand({ Name: name }))).Crawler;
  } catch (error) {
    if (isNamed(error, "EntityNotFoundException")) return undefined;
    throw error;
  }
}

type CrawlerInput = Omit<CreateCrawlerCommandInput, "Role"> & { Role: string | undefined };

/** The desired crawler; without a role or a schedule if the settings leave them alone. */
export function wantedCrawler(target: GlueTarget): CrawlerInput {
  return {
    Name: target.crawler,
    Role: target.role,
    DatabaseName: target.database,
    Description: MARK,
    Schedule: target.schedule,
    ...target.format === "parquet" ? folderTarget(target) : tableTarget(target),
    // Neither partitions nor columns are removed because objects are: the set-up adds columns itself.
    SchemaChangePolicy: { UpdateBehavior: "LOG", DeleteBehavior: "LOG" },
    Configuration: JSON.stringify({
      Version: 1.0,
      CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
      Grouping: { TableGroupingPolicy: "CombineCompatibleSchemas" },
    }),
  };
}

/** Parquet says its types: the crawler makes the table itself, and then looks at new folders only. */
function folderTarget(target: GlueTarget): Pick<CrawlerInput, "Targets" | "RecrawlPolicy"> {
  return {
    Targets: { S3Targets: [{ Path: tableLocation(target), Exclusions: [...EXCLUSIONS] }] },
    RecrawlPolicy: { RecrawlBehavior: "CRAWL_NEW_FOLDERS_ONLY" },
  };
}

/** JSON does not say what is a date: the crawler fills a table that was made from the schema. */
function tableTarget(target: GlueTarget): Pick<CrawlerInput, "Targets" | "RecrawlPolicy"> {
  return {
    Targets: {
      CatalogTargets: [{ DatabaseName: target.database, Tables: [target.schema.table] }],
    },
    RecrawlPolicy: { RecrawlBehavior: "CRAWL_EVERYTHING" },
  };
}

/**
 * Makes sure that there is a role for the crawler.
 * @throws {Failure} kind `usage`, when it must be created and no role is named
 */
export async function requireRole(glue: GlueApi, { crawler, role }: GlueTarget): Promise<void> {
  if (role !== undefined || await findCrawler(glue, crawler) !== undefined) return;
  throw new Failure("usage", `crawler ${crawler} must be created, which needs a role`, {
    fix:
      "Name one with --role (or TICKLAKE_GLUE_ROLE), or let --create-role create one; or use --projection, which needs no crawler.",
  });
}

/** Options of {@linkcode ensureCrawler}. */
export interface EnsureCrawlerOptions extends Waiting {
  apply: boolean;
  /** Whether the role was made a moment ago, so that Glue may not know it yet. */
  newRole: boolean;
}

/**
 * Creates the crawler, for which {@linkcode requireRole} has found a role, or changes what differs.
 * One that runs is waited for: it cannot be changed.
 */
export async function ensureCrawler(
  glue: GlueApi,
  target: GlueTarget,
  options: EnsureCrawlerOptions,
): Promise<Part> {
  const { crawler: name } = target;
  const wanted = wantedCrawler(target);
  const found = await findCrawler(glue, name);
  if (found === undefined) {
    try {
      if (options.apply) await create(glue, { ...wanted, Role: target.role! }, options);
    } catch (error) {
      // Another set-up was faster.
      if (isNamed(error, "AlreadyExistsException")) return ensureCrawler(glue, target, options);
      throw error;
    }
    return { part: "crawler", name, state: "created", changes: describeCrawler(wanted) };
  }
  const changes = differences(found, wanted);
  if (changes.length === 0) return { part: "crawler", name, state: "unchanged" };
  if (options.apply) {
    const Role = target.role ?? found.Role;
    await whileRunning(
      options,
      `crawler ${name} is running and cannot be changed`,
      () => glue.send(new UpdateCrawlerCommand({ ...wanted, Role })),
    );
  }
  return { part: "crawler", name, state: "updated", changes };
}

async function create(
  glue: GlueApi,
  input: CreateCrawlerCommandInput,
  options: EnsureCrawlerOptions,
): Promise<void> {
  const deadline = performance.now() + (options.newRole ? ROLE_MS : 0);
  await poll({ ...options, timeoutMs: ROLE_MS * 2 }, async () => {
    try {
      await glue.send(new CreateCrawlerCommand(input));
      return { done: true };
    } catch (error) {
      if (!isNamed(error, "InvalidInputException") || !/role/i.test(messageOf(error))) throw error;
      if (performance.now() < deadline) return { state: "Glue does not know the new role yet" };
      throw new Failure("failed", `Glue refuses role ${input.Role}: ${messageOf(error)}`, {
        cause: error,
        fix:
          "Its trust policy must allow glue.amazonaws.com to assume it; --create-role creates one that works.",
      });
    }
  });
}

/** Does something that Glue refuses while the crawler runs, again until it has ended. */
async function whileRunning(
  waiting: Waiting,
  why: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await poll(waiting, async () => {
    try {
      await work();
      return { done: true };
    } catch (error) {
      if (!isNamed(error, "CrawlerRunningException", "CrawlerStoppingException")) throw error;
      return { state: `${why}: waiting for its end` };
    }
  });
}

/** What a crawler does, as far as the set-up manages it; `undefined` for what the settings do not set. */
type Facts = Record<string, unknown>;

function facts(crawler: Partial<Omit<CrawlerInput, "Schedule">>, schedule?: string): Facts {
  const { S3Targets = [], CatalogTargets = [] } = crawler.Targets ?? {};
  return {
    role: crawler.Role && roleName(crawler.Role),
    database: crawler.DatabaseName,
    schedule,
    targets: [
      ...S3Targets.map(({ Path, Exclusions = [] }) =>
        [Path, ...Exclusions.map((glob) => `without ${glob}`)].join(" ")
      ),
      ...CatalogTargets.map(({ DatabaseName, Tables = [] }) =>
        Tables.map((table) => `table ${DatabaseName}.${table}`).join(", ")
      ),
    ].join(", "),
    recrawl: crawler.RecrawlPolicy?.RecrawlBehavior,
    "schema changes": crawler.SchemaChangePolicy,
    configuration: parsed(crawler.Configuration),
  };
}

/** What is another, one line each. What the settings leave alone is not compared. */
function differences(found: Crawler, wanted: CrawlerInput): string[] {
  const was = facts(found, found.Schedule?.ScheduleExpression ?? "");
  return Object.entries(facts(wanted, wanted.Schedule))
    .filter(([name, is]) => is !== undefined && !sameJson(was[name] ?? null, is))
    .map(([name, is]) => `${name}: ${shown(was[name])} -> ${shown(is)}`);
}

/** What a new crawler is to do, one line each. */
function describeCrawler(wanted: CrawlerInput): string[] {
  return Object.entries(facts(wanted, wanted.Schedule || undefined))
    .filter(([name, is]) => is !== undefined && name !== "database")
    .map(([name, is]) => `${name}: ${shown(is)}`);
}

/** The part of a role's name or ARN by which it is known; Glue gives back either. */
function roleName(role: string): string {
  return role.slice(role.lastIndexOf("/") + 1);
}

function parsed(json: string | undefined): unknown {
  try {
    return json ? JSON.parse(json) : null;
  } catch {
    return json;
  }
}

/** A value for the user: of an object its innermost fields, as in `UpdateBehavior LOG`. */
function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "none";
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([key, field]) => typeof field === "object" ? shown(field) : `${key} ${field}`)
    .join(", ");
}

/** Deletes the crawler where we made it, after stopping it. */
export async function deleteCrawler(
  glue: GlueApi,
  name: string,
  options: Waiting & { apply: boolean },
): Promise<Part> {
  const found = await findCrawler(glue, name);
  if (found === undefined) return { part: "crawler", name, state: "absent" };
  if (found.Description !== MARK) {
    return { part: "crawler", name, state: "kept", changes: ["not created by ticklake"] };
  }
  if (options.apply) {
    if (found.State === "RUNNING") await stop(glue, name);
    await whileRunning(
      options,
      `crawler ${name} is stopping`,
      () => glue.send(new DeleteCrawlerCommand({ Name: name })),
    );
  }
  return { part: "crawler", name, state: "deleted" };
}

async function stop(glue: GlueApi, name: string): Promise<void> {
  try {
    await glue.send(new StopCrawlerCommand({ Name: name }));
  } catch (error) {
    // It has ended by itself meanwhile, or somebody else stops it.
    if (!isNamed(error, "CrawlerNotRunningException", "CrawlerStoppingException")) throw error;
  }
}
