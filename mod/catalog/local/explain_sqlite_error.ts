import { nearestName } from "../../config/nearest_name.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { ReadConnection } from "./read_connection.ts";
import { isReserved, sqlName } from "../../schema/reserved_words.ts";

/** Result codes of SQLite that a statement can cause. Source: sqlite3.h. */
const SQLITE_ERROR = 1;
const SQLITE_READONLY = 8;
const SQLITE_AUTH = 23;
const SQLITE_TOOBIG = 18;
const SQLITE_MISMATCH = 20;

const CAUSED_BY_SQL = [SQLITE_ERROR, SQLITE_READONLY, SQLITE_AUTH, SQLITE_TOOBIG, SQLITE_MISMATCH];

/** What Athena understands and SQLite does not, and what to write instead. */
const ATHENA_ONLY: ReadonlyArray<readonly [pattern: RegExp, instead: string]> = [
  [
    /\bINTERVAL\s+'/i,
    "INTERVAL is only supported after + or - and with one unit: write date_add('day', 1, \"date\")",
  ],
  [/\bFETCH\s+(FIRST|NEXT)\b/i, "Only Athena has FETCH: write LIMIT 10"],
  [/CAST\s*\(/i, "CAST supports Athena's simple types: write CAST(close AS varchar)"],
];

/** What SQLite said about a user's statement, with what to do about it. */
export function explainSqliteError(
  error: unknown,
  connection: ReadConnection,
  sql: string,
): Failure {
  if (error instanceof Failure) return error;
  const code = ((error as { errcode?: number }).errcode ?? SQLITE_ERROR) & 0xff;
  const message = messageOf(error);
  if (!CAUSED_BY_SQL.includes(code)) {
    return new Failure("failed", `the query failed: ${message}`, { cause: error });
  }
  return new Failure("usage", `SQL: ${message}`, {
    cause: error,
    fix: fixFor(message, connection, sql),
  });
}

function fixFor(message: string, connection: ReadConnection, sql: string): string | undefined {
  if (/^\s*(SHOW|DESC|DESCRIBE|TABLE)\b/i.test(sql)) {
    return `Only Athena has SHOW, DESCRIBE and TABLE. Tables and columns:\n${tables(connection)}`;
  }
  const near = /near "(.+)": syntax error/.exec(message)?.[1];
  if (near !== undefined) {
    const known = ATHENA_ONLY.find(([pattern]) => pattern.test(sql));
    if (known !== undefined) return `${known[1]}, which both engines understand.`;
  }
  const columns = [...connection.views().values()].flat();
  if (near !== undefined && isReserved(near) && columns.includes(near.toLowerCase())) {
    return `${near} is a reserved word: as a column's name, write "${near.toLowerCase()}" in double quotes${
      shellHint(sql)
    }.`;
  }
  const missing = /^no such (?:column|table): (?:.+\.)?(.+)/.exec(message)?.[1];
  if (missing !== undefined) {
    const meant = nearestName(missing.toLowerCase(), [...connection.views().keys(), ...columns]);
    const question = meant === undefined ? "" : `Did you mean ${sqlName(meant)}? `;
    return `${question}Tables and columns:\n${tables(connection)}`;
  }
  const name = /^no such function: (.+)/.exec(message)?.[1];
  if (name !== undefined) {
    return "The local engine has SQLite's functions and those of Athena that quotes need; see `ticklake query --example`.";
  }
  if (/not authorized|prohibited/.test(message)) return "query only reads the tables of the lake.";
  return undefined;
}

/** Double quotes inside a shell's double quotes vanish: the usual way to lose them. */
function shellHint(sql: string): string {
  return sql.includes('"') ? "" : " (in a shell, put the whole SQL in single quotes)";
}

/** The views that a query can name, with their columns. */
function tables(connection: ReadConnection): string {
  return [...connection.views()]
    .map(([view, columns]) => `       ${view}(${columns.map(sqlName).join(", ")})`)
    .join("\n");
}
