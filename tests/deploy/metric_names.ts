import { idleMetrics } from "../../scripts/metrics_markdown.ts";

/** Names that the program's `/metrics` has, those of a histogram's series too. */
export function servedNames(): Set<string> {
  return new Set(
    idleMetrics().names.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  );
}

/** Names of the program's metrics in a PromQL expression. */
export function namesIn(expression: string): string[] {
  return expression.match(/\b(?:ticklake|process)_\w+/g) ?? [];
}
