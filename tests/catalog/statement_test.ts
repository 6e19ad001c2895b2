import assert from "node:assert/strict";
import { readOnlyStatement } from "../../mod/catalog/statement.ts";
import { Failure } from "../../mod/failure/failure.ts";

Deno.test("a statement loses the semicolon and comments at its end, nothing else", () => {
  const cases = [
    ["SELECT 1", "SELECT 1"],
    ["  select ';' AS \"a;b\" ; ; -- end; of it\n", "  select ';' AS \"a;b\""],
    [
      "/* ; */ WITH x AS (SELECT 1) SELECT * FROM x;",
      "/* ; */ WITH x AS (SELECT 1) SELECT * FROM x",
    ],
    ["(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)"],
    ["EXPLAIN ANALYZE SELECT 1", "EXPLAIN ANALYZE SELECT 1"],
    ["EXPLAIN (FORMAT JSON) SELECT 1", "EXPLAIN (FORMAT JSON) SELECT 1"],
    ["EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN QUERY PLAN SELECT 1"],
    ["SHOW PARTITIONS index_quotes", "SHOW PARTITIONS index_quotes"],
    ["SELECT 'it''s; one'", "SELECT 'it''s; one'"],
  ];
  for (const [sql, statement] of cases) assert.equal(readOnlyStatement(sql), statement);
});

Deno.test("no statement, several, and those that write are refused with the reason", () => {
  const cases: Array<[string, RegExp]> = [
    ["", /the SQL is empty/],
    [" ; -- nothing\n", /the SQL is empty/],
    ["SELECT 1; SELECT 2", /one SQL statement, found several/],
    ["SELECT 1; DROP TABLE x;", /one SQL statement, found several/],
    ["DROP TABLE x", /cannot begin with DROP/],
    ["(delete from x)", /cannot begin with DELETE/],
    ["EXPLAIN ANALYZE INSERT INTO x SELECT 1", /cannot begin with INSERT/],
    ["EXPLAIN (TYPE IO) CREATE TABLE x AS SELECT 1", /cannot begin with CREATE/],
    ["UNLOAD (SELECT 1) TO 's3://x'", /cannot begin with UNLOAD/],
    ["MSCK REPAIR TABLE x", /cannot begin with MSCK/],
  ];
  for (const [sql, message] of cases) {
    assert.throws(() => readOnlyStatement(sql), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      return true;
    });
  }
});
