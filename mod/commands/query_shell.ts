import { exampleQueries } from "../catalog/example_queries.ts";
import type { ExampleQuery } from "../catalog/generic_examples.ts";
import type { QueryEngine } from "../catalog/engine.ts";
import { tableColumns } from "../catalog/lake_table.ts";
import { splitStatements } from "../catalog/split_statements.ts";
import { readOnlyStatement } from "../catalog/statement.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { fixOf } from "../failure/fix_of.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { RowSchema } from "../schema/schema.ts";
import { LineReader } from "../terminal/line_reader.ts";
import { completeSql } from "./complete_sql.ts";
import { printAnswer } from "./print_answer.ts";
import type { ResultFormat } from "./print_result.ts";

const HELP = `Statements end with ; and may span several lines.
  .tables          the tables
  .schema [TABLE]  its columns and types
  .examples        example queries
  .run NAME        run an example
  .format FORMAT   table, csv, json or markdown
  .wide            toggle: show all columns, even if wider than the terminal
  .timing          toggle: show how long each query takes
  \\x               toggle: one line per value
  .quit            exit (also Ctrl-D)
Ctrl-C cancels a query. Tab completes tables, columns and SQL keywords.`;

/** A shell's state. */
interface Shell {
  context: CommandContext;
  engine: QueryEngine;
  schema: RowSchema;
  /** Columns that only the folders hold, such as `dt`. */
  partitionColumns: readonly string[];
  examples: ExampleQuery[];
  lines: LineReader;
  format: ResultFormat;
  wide: boolean;
  expanded: boolean;
  timing: boolean;
}

/** `query` on a terminal without SQL: asks for statements until its end. */
export async function runShell(
  context: CommandContext,
  engine: QueryEngine,
  schema: RowSchema,
): Promise<number> {
  const { settings, output, signal } = context;
  const partitionColumns = settings.tableFormat === "iceberg"
    ? []
    : new Partitioning(settings.partitionBy, schema).names;
  const lines = new LineReader({
    historyFile: historyFile(),
    complete: (before) => completeSql(before, schema, partitionColumns),
  });
  const shell: Shell = {
    context,
    engine,
    schema,
    partitionColumns,
    examples: exampleQueries(schema),
    lines,
    format: settings.resultFormat === "parquet" ? "table" : settings.resultFormat ?? "table",
    wide: settings.wide,
    expanded: false,
    timing: true,
  };
  output.note(`query on ${engine.description}; .help for help, Ctrl-D to exit`);
  const end = () => lines.close();
  signal.addEventListener("abort", end);
  try {
    let begun = "";
    for (;;) {
      const read = await lines.read(begun === "" ? "ticklake> " : "       -> ");
      if (read === "end") return 0;
      if (read === "interrupt") {
        begun = "";
        continue;
      }
      if (begun === "" && /^\s*[.\\]/.test(read.line)) {
        if (!await command(read.line.trim(), shell)) return 0;
        continue;
      }
      const { statements, rest } = splitStatements(`${begun}\n${read.line}`);
      begun = rest;
      for (const sql of statements) {
        if (!await ask(sql, shell)) break;
      }
    }
  } finally {
    signal.removeEventListener("abort", end);
    lines.close();
  }
}

/** Runs a statement and prints its answer; `false` if it failed or was cancelled. */
async function ask(sql: string, shell: Shell): Promise<boolean> {
  const { context, engine, lines } = shell;
  const { output } = context;
  const ended = new AbortController();
  lines.onInterrupt = () => ended.abort(new DOMException("ended by Ctrl-C", "AbortError"));
  try {
    const result = await engine.run(readOnlyStatement(sql), {
      signal: AbortSignal.any([context.signal, ended.signal]),
      onProgress: output.progress,
      onNote: output.note,
    });
    output.progress("");
    await printAnswer(result, shell, output);
    return true;
  } catch (error) {
    output.progress("");
    if (ended.signal.aborted) output.note("the query was cancelled");
    else if (error instanceof Failure) output.note(`error: ${error.message}`, fixOf(error));
    else throw error;
    return false;
  } finally {
    lines.onInterrupt = () => {};
  }
}

/** Runs a command of the shell; `false` ends it. */
async function command(line: string, shell: Shell): Promise<boolean> {
  const { context: { output }, schema, examples } = shell;
  const [word, argument] = line.split(/\s+/);
  const say = (name: string, on: boolean) => output.line(`${name} is ${on ? "on" : "off"}`);
  switch (word) {
    case ".quit":
    case ".exit":
    case "\\q":
      return false;
    case ".help":
    case "\\?":
      output.line(HELP);
      break;
    case ".tables":
    case "\\dt":
      output.line(schema.table);
      break;
    case ".schema":
    case "\\d":
      printSchema(argument, shell);
      break;
    case ".examples":
      for (const { name, answers } of examples) output.line(`${name.padEnd(18)}${answers}`);
      break;
    case ".run": {
      const example = examples.find(({ name }) => name === argument);
      if (example === undefined) output.note("error: no such example; .examples lists them");
      else {
        output.line(example.sql);
        await ask(example.sql, shell);
      }
      break;
    }
    case ".format":
      if (["table", "csv", "json", "markdown"].includes(argument)) {
        shell.format = argument as ResultFormat;
      } else output.note("error: expected .format table, csv, json or markdown");
      break;
    case ".wide":
      say("wide", shell.wide = !shell.wide);
      break;
    case ".timing":
      say("timing", shell.timing = !shell.timing);
      break;
    case "\\x":
      say("one line per value", shell.expanded = !shell.expanded);
      break;
    default:
      output.note(`error: unknown command ${word}; .help lists the commands`);
  }
  return true;
}

function printSchema(table: string | undefined, shell: Shell): void {
  const { schema, partitionColumns, context: { output } } = shell;
  if (table !== undefined && table.replaceAll('"', "") !== schema.table) {
    return output.note(`error: there is no table ${table}; there is ${schema.table}`);
  }
  const columns = tableColumns(schema);
  const width = Math.max(...columns.map(({ name }) => name.length));
  for (const { name, type, description = "" } of columns) {
    output.line(`${name.padEnd(width)}  ${type.padEnd(10)}${description}`.trimEnd());
  }
  for (const name of partitionColumns) {
    if (columns.some((column) => column.name === name)) continue;
    output.line(`${name.padEnd(width)}  ${"string".padEnd(10)}Partition column`);
  }
}

/** Where the shell's history is kept, by the XDG base directories; nowhere without a home. */
function historyFile(): string | undefined {
  const home = Deno.env.get("HOME");
  const state = Deno.env.get("XDG_STATE_HOME") || (home && `${home}/.local/state`);
  return state ? `${state}/ticklake/query_history` : undefined;
}
