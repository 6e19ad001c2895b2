import type { ColumnType } from "./schema.ts";

/** A column of a schema that was inferred from something else. */
export interface DraftColumn {
  /** Name in files and messages, or the path to it. */
  wire: string;
  type: ColumnType;
  /** Whether every row has a value. */
  required: boolean;
  /** Further fields of the column, as in a schema file. */
  more?: Record<string, unknown>;
  /** What a person should look at. */
  comments?: readonly string[];
}

/** An inferred schema, not yet a file. */
export interface SchemaDraft {
  /** What its table is named after. */
  source: string;
  columns: readonly DraftColumn[];
  /** Sentences at the top of the file. */
  comments: readonly string[];
}

const SYMBOL_NAME = /^(index|name|ticker|symbol|instrument|code|s)$/i;

/** A word in a longer name that marks a symbol column. */
const SYMBOL_WORD = /\b(ticker|symbol|isin|wkn|instrument)\b/i;

/** Column names in the lake from which the dashboard draws candles. */
const CHART_NAMES = ["open", "high", "low", "close", "volume"];

/** The draft as the text of a schema file: a comment stands above the column it is about. */
export function draftText({ source, columns, comments }: SchemaDraft): string {
  const taken = new Set<string>();
  const named = columns.map((column) => ({ ...column, name: lakeName(column.wire, taken) }));
  const texts = named.filter(({ type }) => type === "string");
  const symbol = texts.find(({ wire }) => SYMBOL_NAME.test(wire)) ??
    texts.find(({ wire }) => SYMBOL_WORD.test(wire));
  const hasClose = named.some(({ name }) => name === "close");
  const numbers = named.filter(({ type }) => type === "double" || type === "long");
  const lines = named.flatMap(({ wire, name, type, required, more, comments = [] }, i) => {
    const column = { wire, name, type, ...(required ? { required } : {}), ...more };
    return [
      ...comments.map((comment) => `    // ${oneLine(`${wire}: ${comment}`)}`),
      `    ${JSON.stringify(column)}${i === named.length - 1 ? "" : ","}`,
    ];
  });
  return [
    ...comments.map((comment) => `// ${oneLine(comment)}`),
    "{",
    `  "table": ${JSON.stringify(tableName(source))},`,
    ...(symbol === undefined
      ? ["  // No column looks like a symbol: the messages have no key and go to any partition."]
      : [`  "key": ${JSON.stringify(symbol.wire)},`]),
    ...(hasClose || numbers.length < 4 ? [] : [
      `  // For candles in the dashboard, set "name" of the price columns to ${
        CHART_NAMES.join(", ")
      }.`,
    ]),
    `  "columns": [`,
    ...lines,
    "  ]",
    "}",
    "",
  ].join("\n");
}

/** A name with a line break must not end its comment. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

/** A table's name for a file, topic or type of that name. */
export function tableName(source: string): string {
  return plainName(source).replace(/^(?![a-z])/, "t_");
}

/** A name for the lake that no other column has. */
function lakeName(wire: string, taken: Set<string>): string {
  const plain = plainName(wire).replace(/^(?![a-z])/, "c_").replace(
    /^(dt|hour|none)$|^(kafka_.*)$/,
    "c_$&",
  );
  let name = plain;
  for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`;
  taken.add(name);
  return name;
}

function plainName(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").replace(
    /([a-z])([A-Z])/g,
    "$1_$2",
  ).toLowerCase().replaceAll("%", " percent ")
    .replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 100) || "x";
}
