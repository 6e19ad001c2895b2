import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inLocalDialect } from "../../mod/catalog/local/other_dialect.ts";
import { defineFunctions } from "../../mod/catalog/local/sql_functions.ts";
import { serviceTest } from "../services/services.ts";
import { askTrino, type TrinoValue } from "../services/trino/trino_client.ts";
import { sameValue } from "./same_rows.ts";
import { AGGREGATES, ROWS, SCALARS, TYPES, WINDOWS } from "./sql_cases.ts";

/** Expressions of one statement: a statement costs Trino a second, and it limits their number. */
const AT_ONCE = 60;

const NAMES = TYPES.map(([name]) => name).join(", ");

/** The rows as a common table expression of Trino's. */
function rowsInTrino(): string {
  const literal = (value: string | number | null) =>
    value === null ? "NULL" : typeof value === "number" ? value.toExponential() : `'${value}'`;
  const rows = ROWS.map((row) => `(${row.map(literal).join(", ")})`);
  const columns = TYPES.map(([name, type]) => `CAST(${name} AS ${type}) AS ${name}`);
  return `v AS (SELECT ${columns.join(", ")} FROM (VALUES ${rows.join(", ")}) AS q (${NAMES}))`;
}

/** Asks the local engine's functions, without a lake. */
function openLocal() {
  const db = new DatabaseSync(":memory:");
  defineFunctions(db);
  db.exec("CREATE TABLE v (r INTEGER, i INTEGER, x REAL, s TEXT, d TEXT, t TEXT)");
  const insert = db.prepare("INSERT INTO v VALUES (?, ?, ?, ?, ?, ?)");
  for (const row of ROWS) insert.run(...row);
  return {
    ask(sql: string): TrinoValue[] {
      const statement = db.prepare(inLocalDialect(sql));
      statement.setReadBigInts(true);
      return statement.all().map((row) => Object.values(row)[0] as TrinoValue);
    },
    close: () => db.close(),
  };
}

const KINDS = [
  ["scalar functions", SCALARS, " ORDER BY r"],
  ["aggregates", AGGREGATES, ""],
  ["windows", WINDOWS, " ORDER BY r"],
] as const;

for (const [kind, expressions, order] of KINDS) {
  serviceTest(
    `${kind} of the local engine give what Trino gives`,
    { needs: ["trino"] },
    async () => {
      const local = openLocal();
      const differences: string[] = [];
      for (let first = 0; first < expressions.length; first += AT_ONCE) {
        const part = expressions.slice(first, first + AT_ONCE);
        const list = part.map((expression, i) => `${expression} AS c${i}`).join(", ");
        const { rows } = await askTrino(`WITH ${rowsInTrino()} SELECT ${list} FROM v${order}`);
        for (const [i, expression] of part.entries()) {
          try {
            const ours = local.ask(`SELECT ${expression} AS c FROM v${order}`);
            rows.forEach((row, r) => sameValue(ours[r], row[i], `row ${r + 1}`));
          } catch (error) {
            differences.push(`${expression}: ${(error as Error).message}`);
          }
        }
      }
      local.close();
      assert.deepEqual(differences, []);
    },
  );
}
