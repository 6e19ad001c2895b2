/**
 * Measures ticklake beside its peers, on services that it starts:
 *
 *     ./dev bench [LINE...] [--rows=N] [--rounds=N] [--long] [--smoke] [--write]
 *
 * With `--write` the table goes into docs/benchmarks.md too, and a picture of it into docs/bench.svg and
 * docs/bench-dark.svg, where `consume` or `bytes` were measured.
 */
import { bytesLine } from "./lines/bytes.ts";
import { consumeLine } from "./lines/consume.ts";
import { floodLine } from "./lines/flood.ts";
import { formatsLine } from "./lines/formats.ts";
import { freshnessLine } from "./lines/freshness.ts";
import { growthLine } from "./lines/growth.ts";
import { kafkaConnectLine } from "./lines/kafka_connect.ts";
import { lakeLine } from "./lines/lake.ts";
import { latencyLine } from "./lines/latency.ts";
import { linkLine } from "./lines/link.ts";
import { localQueryLine } from "./lines/local_query.ts";
import { produceLine } from "./lines/produce.ts";
import { quotaLine } from "./lines/quota.ts";
import { scaleLine } from "./lines/scale.ts";
import { smallHostLine } from "./lines/small_host.ts";
import { startLine } from "./lines/start.ts";
import { trinoLine } from "./lines/trino.ts";
import { writeSection } from "../scripts/marked_section.ts";
import { plot } from "./plot.ts";
import { openStage, type Stage, type StageOptions } from "./stage.ts";
import { type Figure, markdown } from "./table.ts";

const LINES: Record<string, (stage: Stage) => Promise<Figure[]>> = {
  consume: consumeLine,
  produce: produceLine,
  link: linkLine,
  formats: formatsLine,
  scale: scaleLine,
  latency: latencyLine,
  start: startLine,
  growth: growthLine,
  lake: lakeLine,
  bytes: bytesLine,
  freshness: freshnessLine,
  flood: floodLine,
  quota: quotaLine,
  host: smallHostLine,
  query: localQueryLine,
  connect: kafkaConnectLine,
  trino: trinoLine,
};

interface Plan extends StageOptions {
  lines: string[];
  /** Whether docs/benchmarks.md gets the table. */
  write: boolean;
}

function readPlan(words: string[]): Plan {
  const plan: Plan = { lines: [], rows: 500_000, rounds: 5, long: false, write: false };
  for (const word of words) {
    const [, name, value] = /^--(rows|rounds)=(\d+)$/.exec(word) ?? [];
    if (name === "rows" || name === "rounds") plan[name] = Number(value);
    else if (word === "--long") plan.long = true;
    else if (word === "--write") plan.write = true;
    else if (word === "--smoke") Object.assign(plan, { rows: 20_000, rounds: 1 });
    else if (word in LINES) plan.lines.push(word);
    else {
      console.error(
        `error: ${word}: expected one of ${Object.keys(LINES).join(", ")}, --rows=N, --rounds=N, ` +
          "--long, --smoke or --write",
      );
      Deno.exit(2);
    }
  }
  if (plan.lines.length === 0) plan.lines = Object.keys(LINES);
  return plan;
}

function machine(): string {
  const cores = navigator.hardwareConcurrency;
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${cores} cores and ${gib} GiB, shared by broker, S3 server and both sides`;
}

const plan = readPlan(Deno.args);
const stage = await openStage(plan);
const figures: Figure[] = [];
try {
  for (const line of plan.lines) {
    console.error(`measuring ${line}`);
    figures.push(...await LINES[line](stage));
  }
} finally {
  await stage.close();
}
const date = new Date().toISOString().slice(0, 10);
const options = Deno.args.filter((word) => word !== "--write").join(" ");
const table = `Measured ${date} by \`${`./dev bench ${options}`.trimEnd()}\`` +
  `: ${plan.rows.toLocaleString("en-US")} rows, ${plan.rounds} rounds in turn, ${machine()}.\n\n` +
  markdown(figures);
console.log(table);
if (plan.write) {
  await writeSection("docs/benchmarks.md", "bench", table);
  for (
    const [mode, file] of [["light", "docs/bench.svg"], ["dark", "docs/bench-dark.svg"]] as const
  ) {
    const picture = plot(figures, mode);
    if (picture !== undefined) await Deno.writeTextFile(file, picture);
  }
}
