import { Lag } from "../mod/ops/telemetry/lag.ts";
import { Metrics } from "../mod/ops/telemetry/metrics.ts";
import { Readiness } from "../mod/ops/telemetry/readiness.ts";
import { Rejections } from "../mod/ops/telemetry/rejections.ts";

/** The metrics of a consume that has done nothing. */
export function idleMetrics(): Metrics {
  return new Metrics({
    command: "consume",
    version: "0",
    lag: new Lag(),
    rejections: new Rejections(1),
    readiness: new Readiness(""),
  });
}

/** The program's own metrics as a table in Markdown; those of the process and of Node are left out. */
export async function metricsMarkdown(): Promise<string> {
  const lines = (await idleMetrics().text()).split("\n");
  const rows = lines.flatMap((line) => {
    const [, name, help] = /^# HELP (ticklake_\w+) (.+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const type = lines.find((line) => line.startsWith(`# TYPE ${name} `))!.split(" ")[3];
    return [`| \`${name}\` | ${type} | ${help} |`];
  });
  return ["| metric | type | what |", "| --- | --- | --- |", ...rows].join("\n");
}
