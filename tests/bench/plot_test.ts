import assert from "node:assert/strict";
import { plot } from "../../bench/plot.ts";
import { spread } from "../../bench/spread.ts";
import type { Figure } from "../../bench/table.ts";

const figure = (line: string, who: string, value: number, more: Partial<Figure> = {}): Figure => ({
  line,
  who,
  unit: "",
  value: spread([value]),
  ...more,
});

Deno.test("the picture has a bar for each figure that was measured, and says them in words too", () => {
  const figures = [
    figure("consume", "Python, tuned, Parquet", 20_000, { cpu: spread([40]) }),
    figure("consume", "ticklake, Parquet", 400_000, { cpu: spread([3]), peakMiB: spread([180]) }),
    figure("bytes a row, shipped quotes", "pyarrow, zstd", 21),
    figure("start", "--help", 60),
  ];
  for (const mode of ["light", "dark"] as const) {
    const picture = plot(figures, mode)!;
    assert.equal(picture.match(/<rect /g)?.length, 6);
    assert.match(picture, /aria-label="From Kafka to S3, rows\/s: Python, tuned, Parquet 20,000; /);
    assert.match(picture, /Size in the lake, bytes a row: pyarrow, zstd 21\.0\./);
    assert.doesNotMatch(picture, /NaN|undefined|--help/);
  }
  assert.notEqual(plot(figures, "light"), plot(figures, "dark"));
  assert.equal(plot([figures[3]], "light"), undefined);
});
