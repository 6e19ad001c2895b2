import { Lag } from "../../mod/ops/telemetry/lag.ts";
import { Metrics } from "../../mod/ops/telemetry/metrics.ts";
import { Readiness } from "../../mod/ops/telemetry/readiness.ts";
import { Rejections } from "../../mod/ops/telemetry/rejections.ts";

/** Names that the program's `/metrics` has, those of a histogram's series too. */
export function servedNames(): Set<string> {
  const metrics = new Metrics({
    command: "consume",
    version: "0",
    lag: new Lag(),
    rejections: new Rejections(1),
    readiness: new Readiness(""),
  });
  return new Set(
    metrics.names.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  );
}

/** Names of the program's metrics in a PromQL expression. */
export function namesIn(expression: string): string[] {
  return expression.match(/\b(?:ticklake|process)_\w+/g) ?? [];
}
