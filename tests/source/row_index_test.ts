import assert from "node:assert/strict";
import { RowIndex } from "../../mod/source/row_index.ts";

Deno.test("an index finds every row, in as many entries as it may hold", () => {
  for (const count of [1, 7, 8, 9, 16, 17, 1000]) {
    const index = new RowIndex(8);
    // Rows of ten bytes.
    for (let row = 0; row < count; row++) index.add(row * 10);
    assert.equal(index.count, count);
    const starts = new Set<number>();
    for (let row = 0; row < count; row++) {
      const { start, end, skip } = index.place(row);
      assert.equal(start + skip * 10, row * 10);
      assert.ok(end > row * 10);
      starts.add(start);
    }
    assert.ok(starts.size <= 8 && starts.size >= Math.min(count, 4), `${starts.size} entries`);
  }
});
