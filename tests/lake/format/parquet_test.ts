import assert from "node:assert/strict";
import { parquetMetadata, type ParquetParsers, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { encode } from "../../../mod/lake/format/encode.ts";
import { serviceTest } from "../../services/services.ts";
import { encoded, expected, readBack } from "./read_back.ts";
import { bufferRows, edgeRows, manyRows, type SampleRow } from "./sample_rows.ts";

/** What pyarrow and DuckDB read must be the rows. */
async function assertReadBack(rows: SampleRow[]) {
  const read = await readBack("parquet", rows);
  const wanted = rows.map(expected);
  assert.deepEqual(read.arrow, wanted);
  assert.deepEqual(read.duck, wanted);
  return read;
}

/** A row without any value that it may lack. */
function bare({ s, d, x, n, t }: SampleRow): SampleRow {
  return { s, d, x, n, t };
}

serviceTest("columns may have no value at all, whatever their type", {
  needs: ["python"],
}, async () => {
  for (const count of [1, 40_000]) {
    const { statistics } = await assertReadBack(manyRows(count).map(bare));
    for (const name of ["os", "od", "ox", "on", "ot"]) {
      assert.deepEqual(statistics[name], [[null, null, count]], name);
    }
  }
});

serviceTest("a page may have no value of a column that has some in others", {
  needs: ["python"],
}, async () => {
  const rows = manyRows(70_000)
    .map((row, i) => i >= 32_768 && i < 65_536 ? bare(row) : { ...row, ot: row.t });
  await assertReadBack(rows);
});

Deno.test("the program's own reader finds the rows of every page", async () => {
  for (const count of [32_767, 32_768, 32_769, 100_000]) {
    const rows = manyRows(count);
    const [{ bytes }] = encoded("parquet", rows);
    const columns = ["s", "os", "ox", "on", "kafka_offset"];
    const read = await parquetReadObjects({ file: bytes.buffer, columns, compressors });
    assert.equal(read.length, count);
    const wrong = rows.findIndex(({ s, os, ox, on }, i) => {
      const { kafka_offset: offset, ...row } = read[i];
      const whole = typeof row.on === "bigint" ? Number(row.on) : row.on;
      return row.s !== s || (row.os ?? null) !== os || (row.ox ?? null) !== ox ||
        (whole ?? null) !== on || Number(offset) !== 1000 + i;
    });
    assert.equal(wrong, -1, `row ${wrong} of ${count}`);
  }
});

serviceTest("a file may end with a page, and with one row more", {
  needs: ["python"],
}, async () => {
  for (const count of [65_536, 65_537]) await assertReadBack(manyRows(count));
});

serviceTest("a column may have one value throughout, at the edges of its type too", {
  needs: ["python"],
}, async () => {
  for (const row of edgeRows()) {
    for (const count of [1, 3]) {
      const { statistics } = await assertReadBack(Array.from({ length: count }, () => row));
      assert.deepEqual(statistics.n, [[row.n, row.n, 0]]);
      assert.deepEqual(statistics.d, [[row.d, row.d, 0]]);
      assert.deepEqual(statistics.x, [[row.x, row.x, 0]]);
    }
  }
});

serviceTest("a filter finds the rows at the bounds and beside them", {
  needs: ["python"],
}, async () => {
  const max = Number.MAX_SAFE_INTEGER;
  const longs = [-max, -(2 ** 32) - 1, -(2 ** 32), -1, 0, 2 ** 31, 2 ** 32, max];
  const days = ["0001-01-01", "1600-02-29", "1969-12-31", "1970-01-01", "9999-12-31"];
  const times = ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999", "9999-12-31 23:59:59.999"];
  const [base] = edgeRows();
  const rows = longs.map((n, i): SampleRow => ({
    ...base,
    n,
    x: n / 4,
    d: days[i % days.length],
    t: times[i % times.length],
  }));
  const counts: Record<string, number> = {};
  for (const n of longs) {
    counts[`n = ${n}`] = 1;
    counts[`n < ${n}`] = longs.filter((other) => other < n).length;
    counts[`n > ${n}`] = longs.filter((other) => other > n).length;
    counts[`x >= ${n / 4}::DOUBLE`] = longs.filter((other) => other >= n).length;
  }
  for (const day of days) {
    counts[`d = DATE '${day}'`] = rows.filter(({ d }) => d === day).length;
    counts[`d < DATE '${day}'`] = rows.filter(({ d }) => d < day).length;
  }
  for (const time of times) {
    counts[`t = TIMESTAMPTZ '${time}+00'`] = rows.filter(({ t }) => t === time).length;
    counts[`t > TIMESTAMPTZ '${time}+00'`] = rows.filter(({ t }) => t > time).length;
  }
  const { filters, statistics } = await readBack("parquet", rows, Object.keys(counts));
  assert.deepEqual(filters, counts);
  assert.deepEqual(statistics.d, [["0001-01-01", "9999-12-31", 0]]);
  assert.deepEqual(statistics.t, [["0001-01-01 00:00:00.000", "9999-12-31 23:59:59.999", 0]]);
});

serviceTest("zeros keep their sign, and the bounds of a zero take in both", {
  needs: ["python"],
}, async () => {
  const message = (x: string) =>
    new TextEncoder().encode(JSON.stringify(bare(edgeRows()[0])).replace('"x":1.5', `"x":${x}`));
  for (const [reals, min, max] of [[["-0"], -0, 0], [["0.0"], -0, 0], [["-1", "-0"], -1, 0]]) {
    const messages = (reals as string[]).map(message);
    const { arrow, duck, filters, statistics } = await readBack("parquet", messages, ["x = 0"]);
    const wanted = (reals as string[]).map(Number);
    assert.deepEqual(arrow.map(({ x }) => x), wanted);
    assert.deepEqual(duck.map(({ x }) => x), wanted);
    assert.deepEqual(statistics.x, [[min, max, 0]]);
    assert.equal(filters["x = 0"], 1);
  }
});

serviceTest("texts of any length and script are kept, and their bounds are correct", {
  needs: ["python"],
}, async () => {
  const texts = [
    ...["a", " ", "\u0000", "\ufeffBOM", "é", "日本", "😀", "\u{10ffff}", "\uffff", "\\", '"'],
    ...["x".repeat(16), "x".repeat(17), "x".repeat(128), "x".repeat(129), "é".repeat(500)],
    ...["\u{10ffff}".repeat(20), "z".repeat(100_000)],
  ];
  // Parquet orders texts by their bytes, the engine by UTF-16 units.
  const bytes = (text: string) => new TextEncoder().encode(text).toHex();
  const cases = [texts, [...texts, ...texts, ...texts], ...texts.slice(-6).map((text) => [text])];
  const [base] = edgeRows();
  for (const some of cases) {
    const rows = some.map((s, i): SampleRow => ({ ...base, s, os: i % 2 === 0 ? s : null }));
    const { statistics } = await assertReadBack(rows);
    const sorted = some.map(bytes).toSorted();
    const [[min, max]] = statistics.s as Array<[string | null, string | null, number]>;
    assert.ok(min === null || bytes(min) <= sorted[0], `${min} is above ${some}`);
    assert.ok(max === null || bytes(max) >= sorted.at(-1)!, `${max} is below ${some}`);
    if (sorted.at(-1)!.length <= 32) assert.equal(bytes(max!), sorted.at(-1));
  }
});

Deno.test("bytes follow from the rows alone, not from the arrays that they came in", () => {
  const rows = manyRows(3000);
  const options = { partitionBy: "s" };
  for (const [i, { bytes }] of encoded("parquet", rows, options).entries()) {
    for (const size of [7, 1024, 5000]) {
      const { job } = bufferRows("parquet", rows, options);
      assert.ok(job.kind === "columns");
      const cut = (chunks: ArrayLike<number>[]) => {
        const all = chunks.flatMap((chunk) => Array.from(chunk)).slice(0, job.rows);
        return Array.from(
          { length: Math.ceil(job.rows / size) },
          (_, i) => all.slice(i * size, (i + 1) * size),
        );
      };
      job.groups = cut(job.groups!).map((chunk) => Int32Array.from(chunk));
      for (const column of job.columns) {
        const { numbers, integers, absent, values } = column;
        column.numbers = numbers && cut(numbers).map((chunk) => Float64Array.from(chunk));
        column.absent = absent && cut(absent).map((chunk) => Uint8Array.from(chunk));
        // Another text first, as if rows of another file had come before.
        const shift = values === undefined ? 0 : 1;
        column.integers = integers &&
          cut(integers).map((chunk) => Int32Array.from(chunk, (value) => value + shift));
        column.values = values && {
          bytes: Uint8Array.of(1, 2, 3, ...values.bytes),
          ends: Int32Array.of(3, ...values.ends.map((end) => end + 3)),
        };
      }
      assert.deepEqual([...encode(job)][i].bytes, bytes);
    }
  }
});

Deno.test("with field ids: every column is there, times are microseconds to the years' ends", async () => {
  const names = ["s", "os", "d", "od", "x", "ox", "n", "on", "t", "ot"];
  const origin = ["kafka_partition", "kafka_offset", "kafka_timestamp"];
  const fieldIds = new Map([...names, ...origin].map((name, i) => [name, i + 1]));
  const rows = [
    { ...edgeRows()[0], t: "0001-01-01 00:00:00.001" },
    { ...edgeRows()[0], t: "9999-12-31 23:59:59.999" },
  ];
  const { job } = bufferRows("parquet", rows, { fieldIds, partitionBy: "s,dt" });
  const [{ bytes }] = [...encode(job)];
  const { schema, row_groups: [{ columns }] } = parquetMetadata(bytes.buffer);
  const found = schema.slice(1).map(({ name, field_id }) => [name, field_id] as const);
  assert.deepEqual(new Map(found), fieldIds);
  const t = schema.findIndex(({ name }) => name === "t");
  assert.equal(schema[t].converted_type, "TIMESTAMP_MICROS");
  const micros = [-62_135_596_799_999_000n, 253_402_300_799_999_000n];
  const read = await parquetReadObjects({
    compressors,
    file: bytes.buffer,
    columns: ["t"],
    parsers: { timestampFromMicroseconds: (us) => us } as Partial<ParquetParsers>,
  });
  assert.deepEqual(read.map(({ t }) => t), micros);
  const { min_value, max_value } = columns[t - 1].meta_data!.statistics!;
  const bounds = [min_value, max_value].map((bound) => BigInt((bound as Date).getTime()) * 1000n);
  assert.deepEqual(bounds, micros);
});
