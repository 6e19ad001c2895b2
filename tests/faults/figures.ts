import type { Fault, Outcome } from "./fault.ts";

const MIB = 2 ** 20;

/** The table that `./dev faults` prints, a row a fault. */
export const HEAD =
  "| fault | rounds | kills | events | rows | missing, duplicate by `verify --deep` | " +
  "missing, duplicate by DuckDB | peak RSS |\n| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |";

/** One row of the table. */
export function figures({ claim }: Fault, rounds: number, outcome: Outcome): string {
  const { kills, events, rows, verified, counted, peakRss } = outcome;
  const both = ({ missing, duplicate }: { missing: number; duplicate: number }) =>
    `${missing}, ${duplicate}`;
  const cells = [
    claim,
    rounds,
    kills,
    events,
    rows.toLocaleString("en-US"),
    both(verified),
    both(counted),
    `${Math.round(peakRss / MIB)} MiB`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The row of a fault whose run has failed. */
export function failure({ claim }: Fault, rounds: number): string {
  return `| ${claim} | ${rounds} | | **failed** | | | | |`;
}
