import assert from "node:assert/strict";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { fakeRange } from "./fake_range.ts";
import { type Fate, FaultyLake } from "./faulty_lake.ts";
import { quotesSchema } from "./quotes_schema.ts";
import { liveRanges } from "./table_state.ts";

/** Requests that a commit stores something with: a manifest, its list, probes, metadata, the hint. */
const REQUESTS = 8;

for (const fate of ["lost", "unanswered", "late"] as const) {
  Deno.test(`a commit of which one request is ${fate} is repeated until it is known, and is in once`, async () => {
    const quotes = await quotesSchema();
    const schema = newSchema(quotes);
    const spec = partitionSpec("none", quotes, schema);
    let retries = 0;
    for (let hit = 0; hit < REQUESTS; hit++) {
      const lake = new FaultyLake();
      const files = new TableFiles(lake, "file:///lake", "index_quotes");
      const made = newTable({ location: files.location, schema, spec });
      await new DirectoryCatalog(files).create(made);
      lake.removed.length = 0;
      lake.fates = Iterator.from<Fate>([...Array<Fate>(hit).fill("done"), fate]);
      const options = {
        catalog: new DirectoryCatalog(files),
        files,
        table: "t",
        log: { id: "0123456789ab", description: "topic" },
        pauseMs: 1,
        onRetry: () => retries++,
      };
      await takeRanges({ ...options, ranges: [fakeRange(files, 0, 0, 10)] });
      // Again, as by a process that does not know: it is in.
      const again = await takeRanges({ ...options, ranges: [fakeRange(files, 0, 0, 10)] });
      assert.deepEqual(again, ["already"], `request ${hit}`);
      await lake.quiet();
      const base = (await new DirectoryCatalog(files).load())!;
      assert.deepEqual(await liveRanges(base, files, 0), [[0, 10]], `request ${hit}`);
      const removed = lake.removed.filter((name) => !name.includes("/probe-"));
      assert.deepEqual(removed, [], `request ${hit}: the table may have the file`);
    }
    assert.ok(retries >= 3, String(retries));
  });
}
