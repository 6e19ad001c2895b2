import { exampleQueries, type ExampleQuery } from "../catalog/example_queries.ts";
import type { QueryResult } from "../catalog/engine.ts";
import { formatDollars, PRICES } from "../aws/prices.ts";
import { printResult } from "./print_result.ts";
import { readOnlyStatement } from "../catalog/statement.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { releaseStopSignal, retakeStopSignal } from "../cli/stop_signal.ts";
import { readText } from "../files/read_text.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import { openEngine } from "./open_engine.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `query`: one read-only SQL statement about the lake. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const schema = await loadSchema(settings.schema, signal);
  if (settings.example && context.args.length === 0) {
    listExamples(exampleQueries(schema), context);
    return 0;
  }
  const sql = readOnlyStatement(await findSql(context, schema));
  const engine = await openEngine(settings, schema);
  try {
    output.note(`query on ${engine.description}`);
    const begin = performance.now();
    const result = await engine.run(sql, {
      signal,
      onProgress: output.progress,
      onNote: output.note,
      onBlocking: releaseStopSignal,
    });
    output.progress("");
    const format = settings.resultFormat ?? (output.json ? "json" : "table");
    const rows = await printResult(result, format, output);
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    output.note(`${countText(rows, "row")} in ${seconds} s${describeCost(result)}`);
    return 0;
  } catch (error) {
    throw stoppedFailure(error, context, "the query was cancelled");
  } finally {
    output.progress("");
    engine.close();
    retakeStopSignal();
  }
}

function describeCost({ cost }: QueryResult): string {
  if (cost?.scannedBytes === undefined) return "";
  const price = formatDollars(cost.dollars ?? 0);
  return `, ${
    sizeText(cost.scannedBytes)
  } scanned, about ${price} (${PRICES.region} list price of ${PRICES.date}), query ${cost.id}`;
}

async function findSql(
  { settings: { sqlFile, example }, args, signal }: CommandContext,
  schema: RowSchema,
): Promise<string> {
  if (example) return findExample(args[0], schema).sql;
  const [sql] = args;
  if ((sql === undefined) === (sqlFile === undefined)) {
    const found = sql === undefined ? "neither" : "both";
    throw new Failure("usage", `expected SQL as an argument or --file FILE, found ${found}`, {
      fix:
        `ticklake query 'SELECT "index", max(close) FROM ${schema.table} GROUP BY "index"', or --example for ready-made ones.`,
    });
  }
  if (sqlFile === undefined) return sql;
  try {
    return sqlFile === "-"
      ? await new Response(Deno.stdin.readable).text()
      : await readText(sqlFile, signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new Failure("usage", `--file ${sqlFile} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function findExample(name: string, schema: RowSchema): ExampleQuery {
  const examples = exampleQueries(schema);
  const example = examples.find((example) => example.name === name);
  if (example !== undefined) return example;
  const names = examples.map(({ name }) => name).join(", ");
  throw new Failure("usage", `--example: expected one of ${names}; found ${JSON.stringify(name)}`);
}

function listExamples(examples: ExampleQuery[], { output }: CommandContext): void {
  output.document(examples);
  for (const { name, answers, sql } of examples) {
    output.line(`-- ${answers}\n-- ticklake query --example ${name}\n${sql};\n`);
  }
}
