import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { startEncoder } from "../../../mod/lake/format/encoder.ts";
import { PROPERTY } from "../../property_seed.ts";
import { serviceTest } from "../../services/services.ts";
import { encoded, expected, type Plain, readBack, timestampText } from "./read_back.ts";
import { bufferRows, edgeRows, EVERY_TYPE, manyRows, type SampleRow } from "./sample_rows.ts";

serviceTest(
  "what is written as Parquet is what pyarrow and DuckDB read, at the edges of each type",
  {
    needs: ["python"],
  },
  async () => {
    const rows = edgeRows();
    const { arrow, duck, schema } = await readBack("parquet", rows);
    assert.deepEqual(arrow, rows.map(expected));
    assert.deepEqual(duck, rows.map(expected));
    assert.deepEqual(schema, {
      s: ["string", false],
      os: ["string", true],
      d: ["date32[day]", false],
      od: ["date32[day]", true],
      x: ["double", false],
      ox: ["double", true],
      n: ["int64", false],
      on: ["int64", true],
      t: ["timestamp[ms, tz=UTC]", false],
      ot: ["timestamp[ms, tz=UTC]", true],
      kafka_partition: ["int64", false],
      kafka_offset: ["int64", false],
      kafka_timestamp: ["timestamp[ms, tz=UTC]", false],
    });
  },
);

serviceTest(
  "what is written as JSON lines is what Python and DuckDB read, at the edges of each type",
  {
    needs: ["python"],
  },
  async () => {
    const rows = edgeRows();
    const { arrow, duck } = await readBack("jsonl", rows);
    assert.deepEqual(arrow, rows.map(expected));
    assert.equal(duck.length, rows.length);
    assert.deepEqual(
      duck.map(({ n, on, s }) => [n, on, s]),
      rows.map(({ n, on, s }) => [n, on ?? null, s]),
    );
  },
);

serviceTest("rows around a page's end and many of them are all there, with their nulls", {
  needs: ["python"],
}, async () => {
  for (const count of [1, 32_767, 32_768, 32_769, 70_000]) {
    const rows = manyRows(count);
    const { arrow, duck } = await readBack("parquet", rows);
    const wanted = rows.map(expected);
    assert.deepEqual(arrow, wanted);
    assert.deepEqual(duck, wanted);
  }
});

serviceTest("statistics are the columns' own, and filters that use them give the right rows", {
  needs: ["python"],
}, async () => {
  const rows = manyRows(5000);
  const filters = ["n < 0", "s = 'S3'", "d >= DATE '2024-01-01'", "x > 999000", "ot IS NULL"];
  const { statistics, filters: found } = await readBack("parquet", rows, filters);
  assert.deepEqual(statistics.n, [[-1_000_000, 4999 * 65_537 - 1_000_000, 0]]);
  assert.deepEqual(statistics.s, [["S0", "S6", 0]]);
  assert.deepEqual(statistics.on, [[-4999, -1, 2500]]);
  assert.deepEqual(statistics.ot, [[null, null, 5000]]);
  const days = rows.map(({ d }) => d).sort();
  assert.deepEqual(statistics.d, [[days[0], days.at(-1), 0]]);
  assert.deepEqual(found, {
    "n < 0": rows.filter(({ n }) => n < 0).length,
    "s = 'S3'": rows.filter(({ s }) => s === "S3").length,
    "d >= DATE '2024-01-01'": rows.filter(({ d }) => d >= "2024-01-01").length,
    "x > 999000": rows.filter(({ x }) => x > 999_000).length,
    "ot IS NULL": 5000,
  });
});

serviceTest(
  "hundreds of Hive partitions hold each row once, without the column that is in the path",
  {
    needs: ["python"],
  },
  async () => {
    const rows = manyRows(3000).map((row, i) => ({ ...row, s: `SYM${i % 300}` }));
    const { paths } = bufferRows("parquet", rows, { partitionBy: "s" });
    assert.equal(paths.length, 300);
    const { arrow, schema } = await readBack("parquet", rows, [], { partitionBy: "s" });
    assert.equal(schema.s, undefined);
    assert.deepEqual(
      arrow,
      rows.map((row, i) => {
        const { s: _, ...rest } = expected(row, i);
        return rest;
      }),
    );
  },
);

Deno.test("the same rows give the same bytes, however the buffer has grown, in any process", () => {
  for (const format of ["parquet", "jsonl"] as const) {
    const rows = manyRows(3000);
    const [first] = encoded(format, rows);
    const [again] = encoded(format, rows);
    assert.deepEqual(first.bytes, again.bytes);
    const [part] = encoded(format, rows.slice(0, 100));
    assert.notDeepEqual(first.bytes, part.bytes);
  }
});

Deno.test("gzip's header carries no time and no name", () => {
  const [{ bytes }] = encoded("jsonl", edgeRows());
  assert.deepEqual([...bytes.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
});

Deno.test("the encoder's thread writes what this one does, in the order of the jobs", async () => {
  const encoder = startEncoder();
  try {
    for (const format of ["parquet", "jsonl"] as const) {
      const rows = [manyRows(2000), edgeRows(), manyRows(10)];
      const here = rows.map((rows) => encoded(format, rows));
      const there = await Promise.all(
        rows.map((rows) => encoder.encode(bufferRows(format, rows).job)),
      );
      assert.deepEqual(there, here);
    }
  } finally {
    encoder.close();
  }
});

Deno.test("a job that cannot be encoded fails alone; closing ends those that wait", async () => {
  const encoder = startEncoder();
  const { job } = bufferRows("parquet", edgeRows());
  const broken = { ...job, columns: [{ name: "x", type: "string", optional: false }] };
  await assert.rejects(encoder.encode(broken as unknown as typeof job), /encoding failed/);
  const [object] = await encoder.encode(bufferRows("parquet", edgeRows()).job);
  assert.equal(object.rows, edgeRows().length);
  const waiting = encoder.encode(bufferRows("parquet", manyRows(1000)).job);
  encoder.close();
  await assert.rejects(waiting, /closed/);
});

const text = fc.string({ unit: "binary", maxLength: 20 });
const day = fc.date({
  min: new Date("0001-01-02T00:00:00Z"),
  max: new Date("9999-12-30T00:00:00Z"),
  noInvalidDate: true,
}).map((date) => date.toISOString().slice(0, 10));
const time = fc.date({
  min: new Date("1900-01-01T00:00:00Z"),
  max: new Date("2200-01-01T00:00:00Z"),
  noInvalidDate: true,
}).map((date) => date.toISOString());
const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const long = fc.maxSafeInteger();
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 2 });
const sampleRow: fc.Arbitrary<SampleRow> = fc.record({
  s: text.filter((text) => text !== ""),
  os: optional(text).map((text) => text === "" ? null : text),
  d: day,
  od: optional(day),
  x: double,
  ox: optional(double),
  n: long,
  on: optional(long),
  t: time,
  ot: optional(time),
});

Deno.test("any rows come back from both formats as they were", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sampleRow, { minLength: 1, maxLength: 30 }), async (rows) => {
      const wanted = rows.map(expected).map((row) => ({ ...row, x: row.x! as number + 0 }));
      const [parquet] = encoded("parquet", rows);
      const objects = await parquetReadObjects({ file: parquet.bytes.slice().buffer, compressors });
      const found = objects.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => {
            const type = EVERY_TYPE.columns.find((column) => column.name === name)?.type;
            if (value instanceof Date) {
              const text = timestampText(value.getTime());
              return [name, type === "date" ? text.slice(0, 10) : text];
            }
            return [name, typeof value === "bigint" ? Number(value) : value ?? null];
          }),
        )
      );
      // JSON has no -0: neither messages nor lines do.
      const positive = (rows: Plain[]) =>
        rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, value === 0 ? 0 : value]),
          )
        );
      assert.deepEqual(positive(found as Plain[]), positive(wanted));
      const [lines] = encoded("jsonl", rows);
      const parsed = new TextDecoder().decode(gunzipSync(lines.bytes)).trimEnd().split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(positive(parsed), positive(wanted));
    }),
    PROPERTY,
  );
});

Deno.test("a byte order mark at a text's beginning is kept in lines too", () => {
  const rows = [{ ...edgeRows()[0], s: "\ufeffHSI" }];
  const [{ bytes }] = encoded("jsonl", rows);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(gunzipSync(bytes));
  assert.equal(JSON.parse(text).s, "\ufeffHSI");
});
