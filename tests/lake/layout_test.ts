import assert from "node:assert/strict";
import fc from "fast-check";
import { fileStem, objectName, parseObjectName, tableFolder } from "../../mod/lake/layout.ts";
import { PROPERTY } from "../property_seed.ts";

const FLUSH = { topic: "index-quotes", partition: 3, first: 0, last: 99 };

Deno.test("names sort as offsets do, up to the largest that a number can say", () => {
  const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const stem = (first: number) => fileStem({ ...FLUSH, first, last: first });
      assert.equal(stem(a) < stem(b), a < b);
    }),
    PROPERTY,
  );
});

Deno.test("a topic may look like a name with partition and offsets itself", () => {
  for (const topic of ["a-1", "q-0-0000000000000000-0000000000000009", "1-2-3", "-", "x.parquet"]) {
    const name = { table: "t", kind: "rows" as const, partitions: [], ...FLUSH, topic };
    const text = objectName({ ...name, extension: "jsonl.gz" });
    assert.deepEqual(parseObjectName(text), { ...name, extension: "jsonl.gz" });
  }
});

Deno.test("a generation, a replay and a merge are told from each other in a name", () => {
  const name = {
    ...{ table: "t", kind: "rows" as const, partitions: [], ...FLUSH, extension: "parquet" },
    log: "0123456789ab",
  };
  const parts = [
    { generation: 12 },
    { replay: 3 },
    { generation: 1, replay: 2 },
    { generation: 4, merged: true as const },
  ];
  for (const part of parts) {
    assert.deepEqual(parseObjectName(objectName({ ...name, ...part })), { ...name, ...part });
  }
  assert.equal(objectName({ ...name, generation: 0 }), objectName(name));
});

Deno.test("rejected messages lie apart from the rows of their table", () => {
  const name = { table: "t", partitions: [["dt", "2026-11-24"]] as const, ...FLUSH };
  const rows = objectName({ ...name, kind: "rows", extension: "parquet" });
  const rejected = objectName({ ...name, kind: "dead-letters", extension: "jsonl" });
  assert.equal(
    rows,
    "t/dt=2026-11-24/index-quotes-3-0000000000000000-0000000000000099.parquet",
  );
  assert.equal(
    rejected,
    "dead_letter/t/dt=2026-11-24/index-quotes-3-0000000000000000-0000000000000099.jsonl",
  );
  assert.ok(rows.startsWith(tableFolder("t")));
  assert.ok(rejected.startsWith(tableFolder("t", true)));
  assert.ok(!rejected.startsWith(tableFolder("t")));
});

Deno.test("what Hive, Spark and Athena wrote is read, whatever the case of its escapes", () => {
  const name = (folder: string) =>
    `t/${folder}/index-quotes-3-0000000000000000-0000000000000099.parquet`;
  assert.deepEqual(parseObjectName(name("index=a%2fb"))!.partitions, [["index", "a/b"]]);
  assert.deepEqual(parseObjectName(name("index=a%2Fb"))!.partitions, [["index", "a/b"]]);
  assert.deepEqual(parseObjectName(name("index=a=b"))!.partitions, [["index", "a=b"]]);
  assert.deepEqual(parseObjectName(name("index=50%"))!.partitions, [["index", "50%"]]);
  assert.equal(parseObjectName(name("=a")), null);
});

Deno.test("a name has no character that XML cannot carry, and still says the value", () => {
  for (const value of ["\uffff", "a\ufffeb", "\x00\x1f", "%EF%BF%BF", "ï¿¿", "\ufffd", "😀"]) {
    const name = objectName({
      table: "t",
      kind: "rows",
      partitions: [["index", value]],
      topic: "q",
      partition: 0,
      first: 0,
      last: 0,
      extension: "parquet",
    });
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(name, /[\x00-\x1f\ufffe\uffff]/);
    assert.deepEqual(parseObjectName(name)!.partitions, [["index", value]]);
  }
});
