import { sqlName } from "../schema/reserved_words.ts";
import { keyColumns, type RowSchema } from "../schema/schema.ts";

/** A ready-made question about quotes. */
export interface ExampleQuery {
  /** What a user types after `--example`. */
  name: string;
  /** What it answers, a sentence without a full stop. */
  answers: string;
  /** SQL that runs unchanged on Athena and on the local engine. */
  sql: string;
}

/** Queries about a table of any schema, as far as its columns allow. */
export function genericExamples(schema: RowSchema): ExampleQuery[] {
  const { columns, table } = schema;
  const key = columns[keyColumns(schema)[0]] ?? columns.find(({ type }) => type === "string");
  const date = columns.find(({ type }) => type === "date" || type === "timestamp");
  const number = columns.find(({ name, type }) => name === "close" && type === "double") ??
    columns.findLast(({ type }) => type === "double") ??
    columns.find(({ type }) => type === "long");
  const examples: ExampleQuery[] = [
    {
      name: "newest",
      answers: "The last ten rows that were written",
      sql: `SELECT *\nFROM ${table}\nORDER BY kafka_timestamp DESC, kafka_offset DESC\nLIMIT 10`,
    },
    {
      name: "arrivals",
      answers: "Rows per day of their arrival in Kafka",
      sql: `SELECT date_trunc('day', kafka_timestamp) AS day, count(*) AS n\nFROM ${table}\n` +
        "GROUP BY date_trunc('day', kafka_timestamp)\nORDER BY 1 DESC\nLIMIT 31",
    },
  ];
  if (key === undefined) return examples;
  const k = sqlName(key.name);
  examples.push({
    name: "counts",
    answers: `Rows for each ${key.name}`,
    sql: `SELECT ${k}, count(*) AS n\nFROM ${table}\nGROUP BY ${k}\nORDER BY n DESC\nLIMIT 20`,
  });
  if (number === undefined || number === key) return examples;
  const n = sqlName(number.name);
  examples.push({
    name: "spread",
    answers: `Smallest, mean and largest ${number.name} of each ${key.name}`,
    sql: `SELECT ${k}, min(${n}) AS smallest, round(avg(${n}), 4) AS mean, max(${n}) AS largest\n` +
      `FROM ${table}\nGROUP BY ${k}\nORDER BY ${k}\nLIMIT 20`,
  });
  if (date === undefined) return examples;
  const d = sqlName(date.name);
  examples.push({
    name: "latest",
    answers: `The latest ${number.name} of each ${key.name}`,
    sql: `SELECT ${k}, max(${d}) AS latest, max_by(${n}, ${d}) AS ${n}\nFROM ${table}\n` +
      `GROUP BY ${k}\nORDER BY ${k}\nLIMIT 20`,
  });
  return examples;
}
