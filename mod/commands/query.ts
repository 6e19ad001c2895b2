import { exampleQueries } from "../catalog/example_queries.ts";
import type { ExampleQuery } from "../catalog/generic_examples.ts";
import { printAnswer } from "./print_answer.ts";
import { readOnlyStatement } from "../catalog/statement.ts";
import type { CommandContext } from "../cli/command.ts";
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
  const { resultFile: file, wide, resultFormat, sqlFile } = settings;
  const format = resultFormat ?? (output.json ? "json" : "table");
  if (format === "parquet" && file === undefined) {
    throw new Failure("usage", "--format parquet: expected a file for it, found none", {
      fix: "Name it with --output FILE.",
    });
  }
  const asked = context.args.length > 0 || sqlFile !== undefined || settings.example;
  const shell = !asked && Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const sql = shell ? undefined : readOnlyStatement(await findSql(context, schema));
  const engine = await openEngine(settings, schema);
  try {
    if (sql === undefined) {
      const { runShell } = await import("./query_shell.ts");
      return await runShell(context, engine, schema);
    }
    output.note(`query on ${engine.description}`);
    const begin = performance.now();
    const result = await engine.run(sql, {
      signal,
      onProgress: output.progress,
      onNote: output.note,
    });
    output.progress("");
    await printAnswer(result, { format, wide, file }, output, begin);
    return 0;
  } catch (error) {
    throw stoppedFailure(error, context, "the query was cancelled");
  } finally {
    output.progress("");
    engine.close();
  }
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
        `ticklake query 'SELECT * FROM ${schema.table} LIMIT 10', or --example for example queries.`,
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
