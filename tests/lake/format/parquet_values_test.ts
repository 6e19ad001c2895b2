import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "../../../mod/lake/format/encode.ts";
import { dayText } from "../../../mod/lake/format/cell_value.ts";
import { parquetBatches } from "../../../mod/lake/format/parquet/read_parquet.ts";
import { PROPERTY } from "../../property_seed.ts";
import { python, serviceTest } from "../../services/services.ts";
import {
  jobOf,
  type RandomFile,
  randomFile,
  type RandomValues,
  valuesOf,
} from "./random_columns.ts";

function written(file: RandomFile, columns: readonly RandomValues[]): Uint8Array {
  return [...encode(jobOf(file, columns))][0].bytes;
}

/** A value as the program's own reader gives it. */
function ownForm({ type, values, absent }: RandomValues, row: number): unknown {
  if (absent[row] === 1) return null;
  const value = values[row];
  return type === "date" ? dayText(value as number) : value;
}

Deno.test("the program's own reader gets each value of each type, in every compression", async () => {
  await fc.assert(
    fc.asyncProperty(randomFile, async (file) => {
      const columns = valuesOf(file);
      const wanted = columns.map(({ name, type }) => ({ name, wire: name, type, required: false }));
      const [batch] = await parquetBatches(written(file, columns), wanted);
      assert.equal(batch.rows, file.rows);
      for (const column of columns) {
        const read = batch.columns.get(column.name)!;
        for (let row = 0; row < file.rows; row++) {
          const value = typeof read[row] === "bigint" ? Number(read[row]) : read[row];
          const exact = Object.is(value, ownForm(column, row)) ||
            // Whole numbers have one zero.
            (column.type !== "double" && value === 0 && column.values[row] === 0);
          if (!exact) {
            assert.fail(`${column.name} ${column.shape} ${column.type} row ${row}: ${value}`);
          }
        }
      }
    }),
    { ...PROPERTY, numRuns: Math.min(PROPERTY.numRuns, 100) },
  );
});

/** Files of one run of the readers. */
const FILES = 60;

serviceTest("pyarrow and DuckDB get each value of each type, in every compression", {
  needs: ["python"],
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-values-" });
  try {
    const files = fc.sample(randomFile, { seed: PROPERTY.seed, numRuns: FILES });
    for (const [i, file] of files.entries()) {
      const columns = valuesOf(file);
      await Deno.writeFile(`${folder}/${i}.parquet`, written(file, columns));
      for (const { name, values, absent } of columns) {
        const raw = values instanceof Float64Array
          ? new Uint8Array(values.buffer)
          : new TextEncoder().encode(JSON.stringify(values));
        await Deno.writeFile(`${folder}/${i}.${name}.values`, raw);
        await Deno.writeFile(`${folder}/${i}.${name}.absent`, absent);
      }
      await Deno.writeTextFile(`${folder}/${i}.json`, JSON.stringify(file));
    }
    const script = new URL("./compare_values.py", import.meta.url);
    const { values, wrong } = JSON.parse(await python(script, [folder]));
    assert.deepEqual(wrong, []);
    const rows = files.reduce((sum, { rows, columns }) => sum + rows * columns.length, 0);
    assert.equal(values, rows * 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
