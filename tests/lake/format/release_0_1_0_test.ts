import assert from "node:assert/strict";
import { parseObjectName } from "../../../mod/lake/layout.ts";
import { readObject } from "../../../mod/lake/format/read_object.ts";
import { ORIGIN_COLUMNS } from "../../../mod/schema/schema.ts";
import { expected, timestampText } from "./read_back.ts";
import { edgeRows, EVERY_TYPE, manyRows } from "./sample_rows.ts";

for (const ending of ["parquet", "jsonl.gz"]) {
  Deno.test(`objects of release 0.1.0 are read as they were written: ${ending}`, async () => {
    const file = new URL(`./release-0.1.0/rows.${ending}`, import.meta.url);
    const name = `everything/dt=2026-11-24/t-3-0000000000001000-0000000000001205.${ending}`;
    const columns = [...EVERY_TYPE.columns, ...ORIGIN_COLUMNS];
    const bytes = await Deno.readFile(file);
    const object = await readObject(name, parseObjectName(name)!, bytes, columns);
    const found = object.batches.flatMap(({ rows, columns: values }) =>
      Array.from(
        { length: rows },
        (_, row) =>
          Object.fromEntries(columns.map(({ name, type }) => {
            const value = values.get(name)![row];
            const plain = typeof value === "bigint" ? Number(value) : value;
            return [
              name,
              type === "timestamp" && plain !== null ? timestampText(plain as number) : plain,
            ];
          })),
      )
    );
    assert.deepEqual(found, [...edgeRows(), ...manyRows(200)].map(expected));
  });
}
