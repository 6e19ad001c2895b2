import type { Fault, Outcome } from "./fault.ts";

const MIB = 2 ** 20;

const COLUMNS = [
  "fault",
  "rounds",
  "kills",
  "events",
  "rows",
  "missing, duplicate by `verify --deep`",
];

/** Heads of the tables that `./dev faults` prints, a row a fault, by the format of the lake's table. */
export const HEADS = {
  hive: head([...COLUMNS, "missing, duplicate by DuckDB", "peak RSS"]),
  iceberg: head([
    ...COLUMNS,
    "missing, duplicate by pyiceberg and DuckDB",
    "missing, duplicate by Trino",
    "peak RSS",
  ]),
};

function head(columns: string[]): string {
  const rules = columns.map((name) => name === "fault" || name === "events" ? "---" : "---:");
  return `| ${columns.join(" | ")} |\n| ${rules.join(" | ")} |`;
}

/** One row of a table. */
export function figures(
  { claim }: Fault,
  rounds: number,
  outcome: Outcome,
  format: keyof typeof HEADS,
): string {
  const { kills, events, rows, verified, counted, byTrino, peakRss } = outcome;
  const both = (found?: { missing: number; duplicate: number }) =>
    found === undefined ? "" : `${found.missing}, ${found.duplicate}`;
  const cells = [
    claim,
    rounds,
    kills,
    events,
    rows.toLocaleString("en-US"),
    both(verified),
    both(counted),
    ...format === "hive" ? [] : [both(byTrino)],
    `${Math.round(peakRss / MIB)} MiB`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The row of a fault whose run has failed. */
export function failure({ claim }: Fault, rounds: number, format: keyof typeof HEADS): string {
  return `| ${claim} | ${rounds} | | **failed** | | | | |${format === "hive" ? "" : " |"}`;
}
