import { Failure, messageOf } from "../failure/failure.ts";
import type { CommandContext, CommandModule } from "../cli/command.ts";
import type { Output } from "../terminal/output.ts";
import type { Settings } from "../config/settings.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { openLog } from "../ops/log/log.ts";

/** Rows that the demo sends. */
const ROWS = 20_000;

/** Milliseconds between two rows, and two flushes, while the dashboard is looked at. */
const LIVE_INTERVAL_MS = 100;
const LIVE_FLUSH_MS = 5000;

/** One step: what a user would type, and what it answers. */
interface Step {
  /** Title, as text for the user. */
  title: string;
  /** Words after `ticklake`. */
  words: string[];
  load(): Promise<CommandModule>;
  /** What the words set. */
  settings?: Partial<Settings>;
  args?: string[];
}

/** The SQL counts a quote once however often it was sent. */
const QUERIES: ReadonlyArray<readonly [title: string, sql: string]> = [
  [
    "Which is the latest close of each index?",
    `SELECT "index", max("date") AS "date", max_by(close, "date") AS close FROM index_quotes ` +
    `GROUP BY "index" ORDER BY "index"`,
  ],
  [
    "Which were the best days?",
    `SELECT DISTINCT "index", "date", round(100 * (close / open - 1), 2) AS percent ` +
    `FROM index_quotes ORDER BY percent DESC LIMIT 5`,
  ],
  [
    "What did NYA cost on average, month by month?",
    `SELECT date_trunc('month', "date") AS month, round(avg(close), 2) AS close ` +
    `FROM index_quotes WHERE "index" = 'NYA' GROUP BY 1 ORDER BY 1 DESC LIMIT 6`,
  ],
];

/** `demo`: the whole path on the embedded parts, in a folder of its own. */
export async function run(context: CommandContext): Promise<number> {
  const { output, signal } = context;
  const home = await Deno.makeTempDir({ prefix: "ticklake-demo-" }).catch((cause) => {
    throw new Failure("failed", `cannot create a temporary directory: ${messageOf(cause)}`, {
      cause,
      fix: "Set TMPDIR to a directory that exists and can be written.",
    });
  });
  const settings: Settings = {
    ...context.settings,
    home,
    bootstrapServers: undefined,
    bucket: undefined,
    restUri: undefined,
    icebergCatalog: undefined,
    schema: undefined,
    input: undefined,
    metrics: undefined,
    alertWebhook: undefined,
    logLevel: context.settings.logLevel === "info" ? "warning" : context.settings.logLevel,
  };
  const closeLog = openLog({ settings, output });
  const startedAt = performance.now();
  const results: unknown[] = [];
  try {
    for (const step of steps(settings)) {
      signal.throwIfAborted();
      output.line(`\n# ${step.title}\n$ ${commandLine(home, step.words)}`);
      const captured = capture(output);
      const { run } = await step.load();
      const code = await run({
        ...context,
        args: step.args ?? [],
        settings: { ...settings, ...step.settings },
        output: captured.output,
      });
      if (code !== 0) return code;
      results.push({ command: commandLine(home, step.words), result: captured.result() });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note(`stopped; the files created so far are in ${home}`);
    return 1;
  } finally {
    closeLog();
  }
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1));
  output.document({ home, rows: ROWS, seconds, steps: results });
  output.line(
    `\nThat was the whole pipeline, in ${seconds} s. Everything is in ${home} (${
      sizeText(sizeOf(home))
    }). More queries:\n` +
      `$ ${
        commandLine(home, ["query", ...formatFlag(settings), "--example"])
      }\nRemove it:\n$ rm -r ${home}`,
  );
  if (settings.dashboard) await showDashboard(settings, context);
  return 0;
}

/** Bytes of all files in a folder. */
function sizeOf(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? sizeOf(path) : Deno.statSync(path).size;
  }
  return bytes;
}

/** A row every now and then, its way into the lake, and the page that shows it; until it is stopped. */
async function showDashboard(settings: Settings, context: CommandContext): Promise<void> {
  const { output } = context;
  output.line(`\n# The same, live\n$ ${commandLine(settings.home, ["dashboard"])}`);
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const quiet = { ...output, line() {}, document() {}, note() {}, progress() {} };
  const go = async (step: () => Promise<CommandModule>, more: Partial<Settings>, out: Output) => {
    try {
      const { run } = await step();
      const own = { ...context, signal, args: [], settings: { ...settings, ...more }, output: out };
      await run(own);
    } finally {
      failed.abort();
    }
  };
  await Promise.all([
    go(() => import("./produce.ts"), { mode: "simulate", interval: LIVE_INTERVAL_MS }, quiet),
    go(() => import("./consume.ts"), { flushInterval: LIVE_FLUSH_MS }, quiet),
    go(() => import("./dashboard.ts"), {}, output),
  ]);
}

function steps({ partitions, tableFormat }: Settings): Step[] {
  const format = formatFlag({ tableFormat });
  const lake = tableFormat === "hive" ? "a lake of Parquet files" : "an Iceberg table";
  return [
    {
      title: `Quotes from a CSV file into a topic of ${countText(partitions, "partition")}`,
      words: ["produce", "--mode", "replay", "--loop", "--count", String(ROWS), "--rate", "max"],
      load: () => import("./produce.ts"),
      settings: { mode: "replay", loop: true, count: ROWS, rate: Infinity },
    },
    {
      title: `From the topic into ${lake}, exactly once`,
      words: ["consume", ...format, "--until-end"],
      load: () => import("./consume.ts"),
      settings: { untilEnd: true },
    },
    {
      title: "A catalog, so that SQL finds them",
      words: ["setup-catalog", ...format],
      load: () => import("./setup_catalog.ts"),
    },
    ...QUERIES.map(([title, sql]): Step => ({
      title,
      words: ["query", ...format, sql],
      load: () => import("./query.ts"),
      args: [sql],
    })),
  ];
}

/** The flag that commands of another table format than the default need. */
function formatFlag({ tableFormat }: Pick<Settings, "tableFormat">): string[] {
  return tableFormat === "hive" ? [] : ["--table-format", tableFormat];
}

/** What a user would type for a step. */
function commandLine(home: string, words: string[]): string {
  const [command, ...rest] = words;
  return ["ticklake", command, "--home", home, ...rest].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** With `--json`, collects what a step prints for the demo's one document; otherwise prints it. */
function capture(output: Output): { output: Output; result(): unknown } {
  if (!output.json) return { output, result: () => undefined };
  let document: unknown;
  let raw = "";
  return {
    output: {
      ...output,
      document: (value) => document = value,
      raw: (text) => raw += text,
    },
    result: () => document ?? JSON.parse(raw),
  };
}
