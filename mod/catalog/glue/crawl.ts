import { type LastCrawlInfo, StartCrawlerCommand } from "@aws-sdk/client-glue";
import { isNamed } from "../../aws/api.ts";
import { Failure } from "../../failure/failure.ts";
import type { Crawl } from "../setup_report.ts";
import { findCrawler } from "./crawler.ts";
import type { GlueApi } from "./glue_target.ts";
import { poll, type Waiting } from "./poll.ts";

/**
 * How long Glue may call a crawler ready that it has just started, in milliseconds: its answers need
 * not be of the same moment.
 */
const STARTING_MS = 20_000;

/** Options of {@linkcode crawl}. */
export interface CrawlOptions extends Waiting {
  /** Whether to start the crawler; otherwise one that runs is only waited for. */
  run: boolean;
  /** Whether to wait for its end. */
  wait: boolean;
}

/**
 * Runs the crawler. One that is running already is joined, as two cannot run at once.
 * @throws {Failure} kind `failed` when the crawl fails, with its message and where its log is;
 * `service` when it has not ended in time
 */
export async function crawl(glue: GlueApi, name: string, options: CrawlOptions): Promise<Crawl> {
  const begin = performance.now();
  const seconds = () => Math.round((performance.now() - begin) / 1000);
  const lastStart = await lastStartOf(glue, name);
  const joined = options.run ? await start(glue, name, options) : true;
  if (!options.wait) return { state: "RUNNING", joined, seconds: seconds() };
  let last: LastCrawlInfo | undefined;
  let seen = joined;
  await poll(options, async () => {
    const crawler = await findCrawler(glue, name);
    if (crawler === undefined) {
      throw new Failure("failed", `crawler ${name} was deleted while ticklake was waiting for it`);
    }
    last = crawler.LastCrawl;
    if (crawler.State === "READY") {
      // Else the last crawl may be the one before ours.
      seen ||= last?.StartTime?.getTime() !== lastStart;
      if (seen || performance.now() - begin > STARTING_MS) return { done: true };
      return { state: `crawler ${name} is starting` };
    }
    seen = true;
    return { state: `crawler ${name} is ${(crawler.State ?? "running").toLowerCase()}` };
  });
  const state = last?.Status ?? "SUCCEEDED";
  if (state === "FAILED" || state === "CANCELLED") throw crawlFailure(name, last!);
  return { state, joined, seconds: seconds() };
}

/** When the last crawl began, in milliseconds since 1970; `undefined` if there was none. */
async function lastStartOf(glue: GlueApi, name: string): Promise<number | undefined> {
  return (await findCrawler(glue, name))?.LastCrawl?.StartTime?.getTime();
}

/** Starts the crawler; gives whether it was running already. */
async function start(glue: GlueApi, name: string, options: Waiting): Promise<boolean> {
  let joined = false;
  await poll(options, async () => {
    try {
      await glue.send(new StartCrawlerCommand({ Name: name }));
    } catch (error) {
      if (isNamed(error, "CrawlerStoppingException")) {
        return { state: `crawler ${name} is stopping` };
      }
      if (!isNamed(error, "CrawlerRunningException")) throw error;
      joined = true;
    }
    return { done: true };
  });
  return joined;
}

function crawlFailure(
  name: string,
  { Status, ErrorMessage, LogGroup, LogStream }: LastCrawlInfo,
): Failure {
  const why = ErrorMessage ? `: ${ErrorMessage}` : "";
  const log = LogGroup === undefined
    ? "its log in CloudWatch"
    : `log ${LogGroup}, stream ${LogStream}`;
  const fix = Status === "CANCELLED"
    ? `Somebody stopped it. Run the command again; see ${log}.`
    : `See ${log}. If access is denied there, compare the crawler's role with --print-policy.`;
  return new Failure("failed", `crawler ${name}: the crawl has ${Status!.toLowerCase()}${why}`, {
    fix,
  });
}
