import type { HiddenObjects } from "./glue/projected_days.ts";
import type { Output } from "../terminal/output.ts";
import { countText } from "../terminal/amount_text.ts";
import { sqlName } from "../schema/reserved_words.ts";

/** What has become of one part of the catalog. */
export type PartState = "created" | "updated" | "unchanged" | "deleted" | "absent" | "kept";

/** One part of the catalog, as `setup-catalog` found or made it. */
export interface Part {
  part: "database" | "table" | "crawler" | "role" | "migration";
  name: string;
  state: PartState;
  /** What changed, one line each: `schedule: none -> cron(0 6 * * ? *)`; for a new part, how it is set up. */
  changes?: string[];
}

/** A table that queries can name. */
export interface TableFound {
  name: string;
  columns: Array<{ name: string; type: string }>;
  /** Columns that come from the path. */
  partitionedBy: Array<{ name: string; type: string }>;
  /** Number of partitions known to the catalog; absent if a projection computes them. */
  partitions?: number;
  /** Whether partitions are computed from the query, so that new ones need no crawl. */
  projection?: true;
}

/** All that `setup-catalog` has to tell. */
export interface SetupReport {
  /** Whether nothing was done, only compared. */
  dryRun: boolean;
  parts: Part[];
  tables: TableFound[];
  /** Objects that the table's projection does not cover, if there are any. */
  hidden?: HiddenObjects;
  /** What the crawl came to, where there was one. */
  crawl?: Crawl;
  /** What was loaded into the local catalog, where it was. */
  load?: { objects: number; removed: number; seconds: number };
}

/** A run of a crawler. */
export interface Crawl {
  /** Glue's word: `RUNNING` where it was not waited for, otherwise `SUCCEEDED`; `PLANNED` of a dry run. */
  state: string;
  /** Whether it ran before we asked for it. */
  joined: boolean;
  /** How long we waited. */
  seconds: number;
  /** Partitions that the table has gained meanwhile. */
  partitionsAdded?: number;
}

const PLANNED: Record<PartState, string> = {
  created: "would create",
  updated: "would update",
  deleted: "would delete",
  unchanged: "unchanged",
  absent: "absent",
  kept: "kept",
};

/** Prints a report: a document with `--json`, otherwise lines. */
export function printSetup(report: SetupReport, output: Output): void {
  output.document(report);
  const words = report.parts.map(({ state }) => report.dryRun ? PLANNED[state] : state);
  const width = Math.max(...words.map(({ length }) => length));
  report.parts.forEach(({ part, name, changes }, i) => {
    output.line(`${words[i].padEnd(width)}  ${part.padEnd(9)}  ${name}`);
    // How a new part is made is for a plan.
    if (report.parts[i].state === "created" && !report.dryRun) return;
    for (const change of changes ?? []) output.line(`${" ".repeat(width)}    ${change}`);
  });
  const { crawl, load } = report;
  if (crawl !== undefined) output.line(describeCrawl(crawl));
  if (load !== undefined) {
    output.line(
      `loaded ${countText(load.objects, "object")}, removed ${
        countText(load.removed, "object")
      }, in ${load.seconds} s`,
    );
  }
  for (const table of report.tables) printTable(table, output);
  if (report.hidden !== undefined) output.note(...describeHidden(report.hidden));
}

/** What is said of objects that a projection does not cover, and what to do. */
export function describeHidden({ objects, days }: HiddenObjects): [text: string, fix: string] {
  const many = days.length > 2 ? `${days[0]}, ${days[1]} and more` : days.join(" and ");
  return [
    `warning: ${countText(objects, "object")} of ${many}: the table's projection does not cover ` +
    "these days, so queries do not see them",
    "Days from ten years ago to a year ahead are covered by `ticklake setup-catalog --projection`, run " +
    "again. Others come from a wrong clock: a crawler's table (setup-catalog without --projection, in " +
    "another --database) has them too.",
  ];
}

function describeCrawl({ state, joined, seconds, partitionsAdded }: Crawl): string {
  const which = joined ? "the crawl that was running" : "the crawl";
  if (state === "PLANNED") return "would run the crawler";
  if (state === "RUNNING") return `${which} continues; --wait waits until it ends`;
  const added = partitionsAdded === undefined ? "" : `, ${partitionsAdded} new partitions`;
  return `${which} has ${state.toLowerCase()} in ${seconds} s${added}`;
}

function printTable(table: TableFound, output: Output): void {
  const list = (columns: TableFound["columns"]) =>
    columns.map(({ name, type }) => `${sqlName(name)} ${type}`).join(", ");
  output.line(`table ${sqlName(table.name)}: ${list(table.columns)}`);
  if (table.partitionedBy.length === 0) return;
  const count = table.projection
    ? "projected, no crawl needed"
    : countText(table.partitions ?? 0, "partition");
  output.line(`  partitioned by ${list(table.partitionedBy)}: ${count}`);
}
