import assert from "node:assert/strict";
import fc from "fast-check";
import { buffersOf, packPage, unpackPage } from "../../../mod/catalog/local/packed_page.ts";
import { PROPERTY } from "../../property_seed.ts";

const value = fc.oneof(
  fc.string(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(null, 0, -0, 0n),
);
const column = (rows: number) =>
  fc.oneof(
    ...[value, fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.string()]
      .map((one) =>
        fc.array<string | number | bigint | null>(one, { minLength: rows, maxLength: rows })
      ),
  );

Deno.test("rows that were packed and handed to another thread are the same rows", () => {
  const page = fc.nat(20).chain((rows) =>
    fc.array(column(rows), { minLength: 1, maxLength: 5 }).map((columns) =>
      Array.from({ length: rows }, (_, row) => columns.map((values) => values[row]))
    )
  );
  fc.assert(
    fc.property(page, (rows) => {
      const packed = packPage(rows);
      const there = structuredClone(packed, { transfer: buffersOf(packed) });
      assert.deepStrictEqual(unpackPage(there), rows);
    }),
    PROPERTY,
  );
});
