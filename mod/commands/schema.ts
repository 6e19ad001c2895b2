import { countText } from "../terminal/amount_text.ts";
import { safeLines } from "../terminal/safe_text.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { keyColumns } from "../schema/schema.ts";
import { COLUMN_FIELDS, SCHEMA_FIELDS } from "../schema/schema_fields.ts";
import { schemaMarkdown, schemaText } from "../schema/schema_reference.ts";
import { SHIPPED_SCHEMAS } from "../schema/shipped_schemas.ts";

type Action = (context: CommandContext, file: string | undefined) => Promise<void> | void;

const ACTIONS: Readonly<Record<string, Action>> = { list, show, infer, check, reference };

/** `schema`: what describes the rows: the shipped ones, the current one, one for a file. */
export async function run(context: CommandContext): Promise<number> {
  const [action = "list", file, ...more] = context.args;
  if (!Object.hasOwn(ACTIONS, action) || more.length > 0) {
    throw new Failure("usage", `schema ${context.args.join(" ")}: no such action`, {
      fix: `The actions are ${Object.keys(ACTIONS).join(", ")}.`,
    });
  }
  await ACTIONS[action](context, file);
  return 0;
}

async function list({ output }: CommandContext): Promise<void> {
  const schemas = await Promise.all(
    [...SHIPPED_SCHEMAS.keys()].map(async (name) => {
      const { columns } = await loadSchema(name);
      return { name, columns: columns.map(({ wire }) => wire) };
    }),
  );
  output.document(schemas);
  for (const { name, columns } of schemas) output.line(`${name.padEnd(13)} ${columns.join(", ")}`);
}

async function show({ settings, output }: CommandContext, name: string | undefined): Promise<void> {
  const schema = await loadSchema(name ?? settings.schema);
  output.raw(safeLines(JSON.stringify(schema, null, output.json ? undefined : 2)) + "\n");
}

async function infer(
  { settings, output, signal }: CommandContext,
  file: string | undefined,
): Promise<void> {
  const { schemaOfWriter } = await import("./schema_of_writer.ts");
  const ofWriter = await schemaOfWriter(settings, file, signal);
  if (ofWriter !== undefined) return output.raw(safeLines(ofWriter));
  const [{ findInput }, { inferSchema }, { delimiterOf }] = await Promise.all([
    import("../source/input.ts"),
    import("../source/infer_schema.ts"),
    import("../source/file_form.ts"),
  ]);
  const input = await findInput(required(file, "infer"));
  const inferred = await inferSchema(input, {
    format: settings.inputFormat,
    delimiter: delimiterOf(settings.delimiter),
  }, signal);
  output.raw(safeLines(inferred));
}

async function check({ output }: CommandContext, file: string | undefined): Promise<void> {
  const path = required(file, "check");
  const schema = await loadSchema(path);
  const { table, columns } = schema;
  const key = keyColumns(schema).map((c) => columns[c].wire);
  output.document({ ok: true, table, columns: columns.length, key });
  output.line(
    `ok: table ${table}, ${countText(columns.length, "column")}, ` +
      (key.length === 0 ? "no key" : `key ${key.join(", ")}`),
  );
}

function reference({ output }: CommandContext): void {
  output.document({ schema: SCHEMA_FIELDS, column: COLUMN_FIELDS });
  output.line(output.colour ? schemaText() : schemaMarkdown().trimEnd());
}

function required(file: string | undefined, action: string): string {
  if (file !== undefined) return file;
  throw new Failure("usage", `schema ${action}: expected a file`, {
    fix: action === "infer"
      ? "Name one: ticklake schema infer FILE; or set SCHEMA_REGISTRY_URL, and --topic or --subject."
      : `Name one: ticklake schema ${action} FILE`,
  });
}
