/**
 * Commit time and metadata size of an Iceberg table over many commits, one a minute by its clock:
 *
 *     deno run -A bench/iceberg_commits.ts [COMMITS] [FILES] [PLOT.svg]
 *
 * The table lies in a directory. Prints the medians of each hundred commits, and draws both as SVG.
 */
import { openDirectoryLake } from "../mod/lake/directory.ts";
import { loadSchema } from "../mod/schema/load_schema.ts";
import { DirectoryCatalog } from "../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../mod/table/iceberg/partition_spec.ts";
import { currentManifests } from "../mod/table/iceberg/snapshot.ts";
import { TableFiles } from "../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../mod/table/iceberg/take_ranges.ts";
import { fakeRange } from "../tests/table/iceberg/fake_range.ts";

const [commits = 2000, filesEach = 8] = Deno.args.slice(0, 2).map(Number);
const MINUTE_MS = 60_000;
const GROUP = 100;

const home = await Deno.makeTempDir();
try {
  const schema = await loadSchema(undefined);
  const files = new TableFiles(openDirectoryLake(home), `file://${home}`, schema.table);
  let nowMs = Date.UTC(2026, 0, 1);
  const catalog = new DirectoryCatalog(files, () => nowMs);
  const tableSchema = newSchema(schema);
  const spec = partitionSpec("dt", schema, tableSchema);
  await catalog.create(newTable({ location: files.location, schema: tableSchema, spec, nowMs }));
  const points: Array<{ ms: number; metadataBytes: number; manifests: number }> = [];
  for (let commit = 0; commit < commits; commit++) {
    nowMs += MINUTE_MS;
    const day = Math.floor(nowMs / 86_400_000);
    const ranges = Array.from(
      { length: filesEach },
      (_, p) => fakeRange(files, p, commit * 100, commit * 100 + 100, [day]),
    );
    const begin = performance.now();
    const log = { id: "0123456789ab", description: "topic" };
    await takeRanges({ catalog, files, table: schema.table, log, ranges, now: () => nowMs });
    const ms = performance.now() - begin;
    const base = (await catalog.load())!;
    const name = files.name(base.metadataFile, base.metadata.location);
    const { size: metadataBytes } = await Deno.stat(`${home}/${name}`);
    points.push({ ms, metadataBytes, manifests: (await currentManifests(base, files)).length });
  }
  console.log("commits  median ms  p95 ms  metadata KiB  manifests");
  const groups: number[][] = [];
  for (let at = 0; at < points.length; at += GROUP) {
    const group = points.slice(at, at + GROUP);
    const times = group.map(({ ms }) => ms).sort((a, b) => a - b);
    const { metadataBytes, manifests } = group.at(-1)!;
    const [median, p95] = [times[times.length >> 1], times[Math.floor(times.length * 0.95)]];
    groups.push([at + group.length, median, metadataBytes / 1024]);
    console.log(
      [
        at + group.length,
        median.toFixed(1),
        p95.toFixed(1),
        (metadataBytes / 1024).toFixed(0),
        manifests,
      ]
        .map((text) => String(text).padStart(9)).join("  "),
    );
  }
  if (Deno.args[2] !== undefined) await Deno.writeTextFile(Deno.args[2], plot(groups));
} finally {
  await Deno.remove(home, { recursive: true });
}

/** Two curves over the number of commits, each from 0 to its largest value. */
function plot(groups: number[][]): string {
  const [width, height, left] = [640, 160, 60];
  const curve = (column: number, top: number, label: string, color: string) => {
    const most = Math.max(...groups.map((group) => group[column]));
    const points = groups.map(([commit, ...values]) => {
      const x = left + commit / groups.at(-1)![0] * (width - left - 20);
      const y = top + height - 30 - values[column - 1] / most * (height - 50);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    return `<text x="${left}" y="${top + 12}">${label}, largest ${most.toFixed(0)}</text>` +
      `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>` +
      `<line x1="${left}" x2="${width - 20}" y1="${top + height - 30}" y2="${
        top + height - 30
      }" stroke="#888"/>`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${
    2 * height
  }" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#fff"/>` +
    curve(1, 10, "commit, median of a hundred, ms", "#2563eb") +
    curve(2, 10 + height, "metadata file, KiB", "#c2410c") +
    `<text x="${left}" y="${2 * height - 6}">${
      groups.at(-1)![0]
    } commits, one a minute</text></svg>\n`;
}
