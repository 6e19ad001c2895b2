import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../mod/failure/failure.ts";
import { HIVE_NULL, type ObjectName, objectName, parseObjectName } from "../../mod/lake/layout.ts";
import { checkObjectName } from "../../mod/lake/object_name.ts";
import { Partitioning } from "../../mod/lake/partitioning.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { PROPERTY } from "../property_seed.ts";
import {
  bufferRows,
  EVERY_TYPE,
  groupsOf,
  manyRows,
  type SampleRow,
} from "./format/sample_rows.ts";

const quotes = await loadSchema();

const BASE: SampleRow = { s: "a", d: "2024-05-06", x: 1, n: 7, t: "2024-05-06 07:08:09.100" };

/** The Hive path of each group of rows, as text. */
function paths(rows: SampleRow[], partitionBy: string, timestampMs?: number): string[] {
  const options = {
    partitionBy,
    timestampMs: timestampMs === undefined ? undefined : () => timestampMs,
  };
  return bufferRows("parquet", rows, options).paths
    .map((path) => path.map(([name, value]) => `${name}=${value}`).join("/"));
}

Deno.test("rows go by the message's day and hour in UTC, also before 1970", () => {
  assert.deepEqual(paths([BASE], "dt"), ["dt=2026-11-24"]);
  assert.deepEqual(paths([BASE], "dt,hour"), ["dt=2026-11-24/hour=08"]);
  assert.deepEqual(paths([BASE], "dt,hour", -1), ["dt=1969-12-31/hour=23"]);
  assert.deepEqual(paths([BASE], "dt,hour", 0), ["dt=1970-01-01/hour=00"]);
});

Deno.test("rows go by a column, or by the year or month of a date", () => {
  assert.deepEqual(paths([BASE], "none"), [""]);
  assert.deepEqual(paths([BASE], "s"), ["s=a"]);
  assert.deepEqual(paths([BASE], "n"), ["n=7"]);
  assert.deepEqual(paths([BASE], "d"), ["d=2024-05-06"]);
  assert.deepEqual(paths([BASE], "t"), ["t=2024-05-06 07:08:09.100"]);
  assert.deepEqual(paths([BASE], "s,year(d)"), ["s=a/d_year=2024"]);
  assert.deepEqual(paths([BASE], "month(d)"), ["d_month=2024-05"]);
  assert.deepEqual(paths([BASE], "month(t)"), ["t_month=2024-05"]);
  assert.deepEqual(paths([{ ...BASE, d: "0001-02-03" }], "year(d)"), ["d_year=0001"]);
  assert.deepEqual(paths([{ ...BASE, d: "0099-12-31" }], "month(d)"), ["d_month=0099-12"]);
});

Deno.test("a day and its hours begin at midnight, after 1970 and before", () => {
  const at = (text: string) => paths([BASE], "dt,hour", Date.parse(text))[0];
  assert.equal(at("2026-11-24T23:59:59.999Z"), "dt=2026-11-24/hour=23");
  assert.equal(at("2026-11-25T00:00:00.000Z"), "dt=2026-11-25/hour=00");
  assert.equal(at("1969-12-30T23:59:59.999Z"), "dt=1969-12-30/hour=23");
  assert.equal(at("1969-12-31T00:00:00.000Z"), "dt=1969-12-31/hour=00");
  assert.equal(at("0001-01-01T12:34:56.789Z"), "dt=0001-01-01/hour=12");
});

Deno.test("hostile texts stay one folder, in which Hive and Athena find them", () => {
  const name = (s: string) => {
    const [partitions] = bufferRows("jsonl", [{ ...BASE, s }], { partitionBy: "s" }).paths;
    const range = { topic: "q", partition: 0, first: 0, last: 9 };
    const rest = { table: "t", kind: "rows" as const, extension: "parquet" };
    return objectName({ ...range, ...rest, partitions }).split("/").slice(1, -1);
  };
  assert.deepEqual(name("a/b"), ["s=a%2Fb"]);
  assert.deepEqual(name(".."), ["s=.."]);
  assert.deepEqual(name("../../x"), ["s=..%2F..%2Fx"]);
  assert.deepEqual(name("a=b"), ["s=a%3Db"]);
  assert.deepEqual(name("50%"), ["s=50%25"]);
  assert.deepEqual(name("a\\b\n\u0000"), ["s=a%5Cb%0A%00"]);
  assert.deepEqual(name("^GSPC 日経"), ["s=%5EGSPC 日経"]);
});

Deno.test("a row without a value goes where Hive looks for it", () => {
  assert.deepEqual(paths([{ ...BASE, os: null }], "os"), [`os=${HIVE_NULL}`]);
  assert.deepEqual(paths([{ ...BASE, od: null }], "year(od)"), [`od_year=${HIVE_NULL}`]);
});

Deno.test("groups are numbered in the order of their first rows, whatever the order of values", () => {
  const rows = manyRows(700);
  const { job, paths } = bufferRows("parquet", rows, { partitionBy: "s,year(d)" });
  const wanted = [...new Set(rows.map(({ s, d }) => `${s} ${d.slice(0, 4)}`))];
  assert.deepEqual(paths.map(([[, s], [, year]]) => `${s} ${year}`), wanted);
  const groups = groupsOf(job);
  rows.forEach(({ s, d }, i) => {
    assert.equal(wanted[groups[i]], `${s} ${d.slice(0, 4)}`);
  });
});

Deno.test("a specification that cannot be is refused with what can", () => {
  const refusals: Array<[spec: string, message: RegExp]> = [
    ["price", /unknown field "price"/],
    ["dt,dt", /dt is given twice/],
    ["close", /close is a double/],
    ["year(index)", /needs a date, index is a string/],
    ["", /unknown field ""/],
    ["dt,", /unknown field ""/],
    ["toString", /unknown field "toString"/],
    ["index,date,volume,dt,hour,year(date),month(date),year(date)", /date_year is given twice/],
  ];
  for (const [spec, message] of refusals) {
    assert.throws(
      () => new Partitioning(spec, quotes),
      (error) =>
        error instanceof Failure && error.kind === "usage" && message.test(error.message) &&
        error.fix !== undefined,
      spec,
    );
  }
  assert.equal(new Partitioning(" index , year(date) ", quotes).spec, "index,year(date)");
  assert.deepEqual([...new Partitioning("s,year(d)", EVERY_TYPE).columnsInPath], [0]);
});

const topic = fc.stringMatching(/^[a-zA-Z0-9._-]{1,40}$/).filter((name) => !/^\.+$/.test(name));
const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const named: fc.Arbitrary<ObjectName> = fc.record({
  table: fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/).filter((table) => table !== "dead_letter"),
  kind: fc.constantFrom("rows", "dead-letters"),
  partitions: fc.array(
    fc.tuple(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/),
      fc.oneof(
        fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((text) =>
          text.isWellFormed()
        ),
        fc.constantFrom("a/b", "..", ".", "a=b", "50%", "\\", "%2F", HIVE_NULL, "\u0000", " "),
      ),
    ),
    { maxLength: 3 },
  ),
  topic,
  partition: fc.nat(1_000_000),
  first: offset,
  last: offset,
  extension: fc.constantFrom("parquet", "jsonl.gz", "jsonl", "json"),
}, { noNullPrototype: true });

Deno.test("an object's name says all that it was made of, and stays below the root", () => {
  fc.assert(
    fc.property(named, (parts) => {
      const name = objectName(parts);
      assert.deepEqual(parseObjectName(name), parts);
      checkObjectName(name);
    }),
    { ...PROPERTY, numRuns: 5 * PROPERTY.numRuns },
  );
});

Deno.test("names that are no flush's say nothing", () => {
  for (
    const name of [
      "t/dt=2026-11-24/part-0000.parquet",
      "t/_SUCCESS",
      "t/2026-11-24/q-0-0000000000000000-0000000000000009.parquet",
      "q-0-0000000000000000-0000000000000009.parquet",
      "t/q-0-1-9.parquet",
      "",
    ]
  ) assert.equal(parseObjectName(name), null, name);
});

Deno.test("two groups never have one path: their objects would have one name", () => {
  const row = (os: string | null): SampleRow => ({ ...BASE, os });
  // A byte order mark is part of a value.
  assert.deepEqual(paths([row("HSI"), row("\ufeffHSI")], "os"), ["os=HSI", "os=\ufeffHSI"]);
  // Hive has no other name for the value that is spelled as its name for none.
  const { job, paths: merged } = bufferRows("parquet", [row(null), row(HIVE_NULL), row("a")], {
    partitionBy: "os",
  });
  assert.deepEqual(merged, [[["os", HIVE_NULL]], [["os", "a"]]]);
  assert.deepEqual(groupsOf(job), [0, 0, 1]);
});

Deno.test("any values make as many paths as there are of them", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
    fc.constantFrom(
      "a",
      "\ufeffa",
      "a ",
      "A",
      "%41",
      "a/b",
      "a%2Fb",
      "..",
      "\u0000",
      "é",
      "e\u0301",
    ),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
      const rows = values.map((s) => ({ ...BASE, s }));
      const found = bufferRows("jsonl", rows, { partitionBy: "s" }).paths;
      const names = found.map((partitions) =>
        objectName({
          table: "t",
          kind: "rows",
          partitions,
          topic: "q",
          partition: 0,
          first: 0,
          last: 9,
          extension: "parquet",
        })
      );
      assert.equal(new Set(names).size, new Set(values).size);
      for (const name of names) checkObjectName(name);
      assert.deepEqual(
        names.map((name) => parseObjectName(name)!.partitions[0][1]),
        [...new Set(values)],
      );
    }),
    PROPERTY,
  );
});
