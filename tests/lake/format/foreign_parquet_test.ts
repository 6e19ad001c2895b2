import assert from "node:assert/strict";
import { parquetBatches } from "../../../mod/lake/format/parquet/read_parquet.ts";
import { python, serviceTest } from "../../services/services.ts";

const COLUMNS = ["text", "float", "double", "int", "wide", "flag"] as const;

function expected(column: typeof COLUMNS[number], row: number, nulls: boolean): unknown {
  if (nulls && row % 7 === 0) return null;
  switch (column) {
    case "text":
      return `value ${Math.floor(row / 3)}`;
    case "wide":
      return 2n ** 60n + BigInt(row);
    case "flag":
      return row % 100 < 50;
    default:
      return row;
  }
}

serviceTest("each version of page, encoding and compression that pyarrow has is read", {
  needs: ["python"],
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-foreign-" });
  try {
    const count = Number(
      await python(new URL("./foreign_files.py", import.meta.url), [folder]),
    );
    const files = [...Deno.readDirSync(folder)];
    assert.equal(files.length, count);
    for (const { name } of files) {
      const nulls = name.includes("True");
      const wanted = COLUMNS.map((name) => ({ name, type: "string" as const }));
      let first = 0;
      for (const batch of await parquetBatches(Deno.readFileSync(`${folder}/${name}`), wanted)) {
        for (const column of COLUMNS) {
          const values = batch.columns.get(column)!;
          for (let row = 0; row < batch.rows; row++) {
            const value = expected(column, first + row, nulls);
            if (values[row] !== value) {
              assert.fail(`${name} ${column} row ${first + row}: ${values[row]}, not ${value}`);
            }
          }
        }
        first += batch.rows;
      }
      assert.equal(first, 3000);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
