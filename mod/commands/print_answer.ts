import type { QueryResult } from "../catalog/engine.ts";
import { formatDollars, PRICES } from "../aws/prices.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { type Output, terminalColumns } from "../terminal/output.ts";
import { printResult, type ResultFormat } from "./print_result.ts";

/** How an answer is printed. */
export interface AnswerStyle {
  format: ResultFormat;
  /** All columns of a table, even if they do not fit the terminal. */
  wide: boolean;
  /** One line a value instead of one line a row. */
  expanded?: boolean;
  /** Whether to print the time. @default {true} */
  timing?: boolean;
  /** File that gets the answer, instead of standard output. */
  file?: string;
}

/** Prints an answer, and on standard error how many rows it has, how long it took and what it cost. */
export async function printAnswer(
  result: QueryResult,
  { format, wide, expanded, timing = true, file }: AnswerStyle,
  output: Output,
  begin = performance.now(),
): Promise<void> {
  let rows: number;
  if (format === "parquet" || file !== undefined) {
    const { writeAnswer } = await import("./write_answer.ts");
    rows = await writeAnswer(result, format, file!);
    output.note(`wrote ${file}`);
  } else {
    const printed = expanded && format === "table" ? "expanded" : format;
    const columns = wide || !Deno.stdout.isTerminal() ? Infinity : terminalColumns();
    const hidden = (count: number) =>
      output.note(
        `${countText(count, "more column")}: --wide shows them; in the shell, \\x or .wide`,
      );
    rows = await printResult(result, printed, output, { columns, hidden });
  }
  if (!timing) return;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  output.note(`${countText(rows, "row")} in ${seconds} s${describeCost(result)}`);
}

function describeCost({ cost }: QueryResult): string {
  if (cost?.scannedBytes === undefined) return "";
  const price = formatDollars(cost.dollars ?? 0);
  return `, ${
    sizeText(cost.scannedBytes)
  } scanned, about ${price} (${PRICES.region} list price of ${PRICES.date}), query ${cost.id}`;
}
