import { gunzipSync } from "node:zlib";
import type { Column } from "../../schema/schema.ts";
import type { ObjectRows } from "./object_rows.ts";
import { type CellValue, cellValue } from "./cell_value.ts";

/** Rows per batch; keeps its arrays small. */
const BATCH_ROWS = 65_536;

/** The requested columns of a gzip file of JSON lines. A field that a line lacks is null. */
export function jsonLinesBatches(
  bytes: Uint8Array,
  wanted: readonly Column[],
): ObjectRows["batches"] {
  const lines = new TextDecoder("utf-8", { fatal: true }).decode(gunzipSync(bytes)).split("\n");
  if (lines.at(-1) === "") lines.pop();
  const batches: ObjectRows["batches"] = [];
  for (let begin = 0; begin < lines.length; begin += BATCH_ROWS) {
    const some = lines.slice(begin, begin + BATCH_ROWS);
    const columns = wanted.map(() => new Array<CellValue>(some.length));
    some.forEach((line, row) => {
      const object = parseLine(line, begin + row);
      for (let c = 0; c < wanted.length; c++) {
        columns[c][row] = cellValue(object[wanted[c].name], wanted[c].type);
      }
    });
    batches.push({
      rows: some.length,
      columns: new Map(wanted.map(({ name }, c) => [name, columns[c]])),
    });
  }
  return batches;
}

function parseLine(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    // Numbers of 16 digits and more may not fit a double: they are read from their text.
    value = /\d{16}/.test(line) ? JSON.parse(line, exactIntegers) : JSON.parse(line);
  } catch (cause) {
    throw new Error(`line ${number + 1} is not JSON: ${(cause as Error).message}`);
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new Error(`line ${number + 1} is not a JSON object`);
}

function exactIntegers(this: unknown, _: string, value: unknown, context?: { source?: string }) {
  const exact = typeof value === "number" && !Number.isSafeInteger(value) &&
    context?.source !== undefined && /^-?\d+$/.test(context.source);
  return exact ? BigInt(context.source!) : value;
}
