import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import type { QueryResult, Value } from "../catalog/engine.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import type { Output } from "../terminal/output.ts";
import { printResult, type ResultFormat } from "./print_result.ts";

/**
 * Writes an answer to a file; it gets its name when it is whole.
 * @returns the number of rows
 * @throws {Failure} kind `failed`, when the file cannot be written
 */
export async function writeAnswer(
  result: QueryResult,
  format: ResultFormat,
  file: string,
): Promise<number> {
  const writing = `${file}.${crypto.randomUUID()}`;
  try {
    const rows = format === "parquet"
      ? await writeParquet(result, writing)
      : await writeText(result, format, writing);
    await Deno.rename(writing, file);
    return rows;
  } catch (cause) {
    await Deno.remove(writing).catch(() => {});
    if (cause instanceof Failure || !(cause instanceof Error) || !isOfFiles(cause)) throw cause;
    throw new Failure("failed", `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      fix: "Name a file in an existing folder with --output.",
    });
  }
}

async function writeText(
  result: QueryResult,
  format: Exclude<ResultFormat, "parquet">,
  path: string,
): Promise<number> {
  using target = await Deno.open(path, { write: true, createNew: true });
  const encoder = new TextEncoder();
  const raw = (text: string) => {
    for (let bytes = encoder.encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(target.writeSync(bytes));
    }
  };
  const output = { raw, colour: false, closed: false } as unknown as Output;
  return await printResult(result, format, output);
}

/** Holds all rows, as Parquet is written by columns. */
async function writeParquet(result: QueryResult, path: string): Promise<number> {
  const values: Value[][] = result.columns.map(() => []);
  let rows = 0;
  for await (const page of result.pages) {
    for (const row of page) {
      row.forEach((value, c) => values[c].push(value));
      rows++;
    }
  }
  const columnData = result.columns.map(({ name }, c) => columnOf(name, values[c]));
  await Deno.writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData })), {
    createNew: true,
  });
  return rows;
}

function columnOf(name: string, values: Value[]) {
  const type = typeOf(values);
  const data = values.map((value) =>
    value === null
      ? undefined
      : type === "STRING"
      ? String(value)
      : type === "DOUBLE"
      ? Number(value)
      : value
  );
  return { name, data, type, nullable: true };
}

function typeOf(values: Value[]): BasicType {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size === 0) return "STRING";
  if ([...kinds].every((kind) => kind === "bigint")) return "INT64";
  if ([...kinds].every((kind) => kind === "bigint" || kind === "number")) return "DOUBLE";
  return [...kinds].every((kind) => kind === "boolean") ? "BOOLEAN" : "STRING";
}

function isOfFiles(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
