import { NULL_WORDS } from "./null_words.ts";
import { COLUMN_FIELDS, SCHEMA_FIELDS, type SchemaField } from "./schema_fields.ts";

/** Parts of the reference, in order. */
const PARTS: ReadonlyArray<readonly [title: string, fields: readonly SchemaField[]]> = [
  ["The schema", SCHEMA_FIELDS],
  ["A column", COLUMN_FIELDS],
];

const ABOUT = [
  "A schema is a JSON file that describes a row: its names and formats in files and messages, and its types in the lake. Lines that begin with // are comments.",
  `In a file, ${NULL_WORDS.join(", ")} and an empty field are read as NULL.`,
];

/** The format of schema files in Markdown, for docs/schema.md. */
export function schemaMarkdown(): string {
  const tables = PARTS.map(([title, fields]) => {
    const rows = fields.map(({ name, form, default: otherwise, description }) =>
      `| \`${name}\` | ${cell(form)} | ${cell(otherwise ?? "**required**")} | ${
        cell(description)
      } |`
    );
    return [
      `### ${title}`,
      "",
      "| field | value | default | |",
      "| --- | --- | --- | --- |",
      ...rows,
    ]
      .join("\n");
  });
  return [...ABOUT, ...tables].join("\n\n") + "\n";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("{", "\\{");
}

/** The same for a terminal. */
export function schemaText(): string {
  const parts = PARTS.map(([title, fields]) =>
    `${title}:\n` +
    fields.map(({ name, form, default: otherwise, description }) =>
      `  ${name}: ${form}${otherwise === undefined ? "" : ` (default: ${otherwise})`}\n` +
      `      ${description}`
    ).join("\n")
  );
  return [...ABOUT, ...parts].join("\n\n");
}
