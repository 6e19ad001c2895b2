import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { buffersOf } from "../../../mod/lake/format/encode_job.ts";
import { encoded } from "./read_back.ts";
import { bufferRows, edgeRows, filled, manyRows } from "./sample_rows.ts";

for (const format of ["parquet", "jsonl"] as const) {
  Deno.test(`a buffer says how much memory its rows take, and takes no more than twice that: ${format}`, () => {
    for (const count of [1, 255, 256, 257, 5000, 40_000]) {
      const buffer = filled(format, manyRows(count), { partitionBy: "s" });
      const said = buffer.byteLength;
      const job = buffer.take();
      const handed = buffersOf(job).reduce((sum, { byteLength }) => sum + byteLength, 0);
      // The column of the partition's number is made when the rows are handed over.
      assert.ok(said >= handed - count * 8, `${count} rows: ${said} said, ${handed} held`);
      const least = filled(format, manyRows(1)).byteLength;
      const needed = encodedSize(count);
      assert.ok(said <= least + 2 * needed, `${count} rows: ${said} said, ${needed} needed`);
    }

    /** Bytes that the rows' values need, whatever the room around them. */
    function encodedSize(count: number): number {
      if (format === "jsonl") {
        const lines = encoded(format, manyRows(count), { partitionBy: "s" })
          .map(({ bytes }) => gunzipSync(bytes).length);
        return lines.reduce((sum, length) => sum + length, count * 8);
      }
      // Texts with their table; eight numbers, three integers, five marks of absence.
      return count * (30 + 8 * 8 + 3 * 4 + 4 + 5);
    }
  });

  Deno.test(`Hive partitions count as memory too: ${format}`, () => {
    const rows = manyRows(1000);
    const few = filled(format, rows, { partitionBy: "s" }).byteLength;
    const many = filled(format, rows, { partitionBy: "s,n" }).byteLength;
    assert.ok(many - few > 1000 * 200, `${few} with 7, ${many} with 1000`);
  });
}

Deno.test("lines longer than a chunk of memory, and those that meet its end, are whole", () => {
  const [base] = edgeRows();
  const lengths = [1, 16_000, 16_200, 16_384, 70_000, 1, 300_000, 3_000_000, 2, 1_048_576, 5];
  const rows = [...lengths, ...Array.from({ length: 200 }, (_, i) => 5000 + i)]
    .map((length, i) => ({ ...base, n: i, s: "é"[i % 2] ?? "x", os: "y".repeat(length) }));
  const { job } = bufferRows("jsonl", rows);
  assert.equal(job.rows, rows.length);
  const [{ bytes }] = encoded("jsonl", rows);
  const lines = new TextDecoder().decode(gunzipSync(bytes)).split("\n");
  assert.equal(lines.pop(), "");
  const read = lines.map((line) => JSON.parse(line));
  assert.deepEqual(read.map(({ n }) => n), rows.map(({ n }) => n));
  assert.ok(read.every(({ s, os }, i) => s === rows[i].s && os === rows[i].os));
});
