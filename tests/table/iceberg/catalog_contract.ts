import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import type { TableCatalog } from "../../../mod/table/iceberg/catalog.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { schemaChangeOf, schemaUpdates } from "../../../mod/table/iceberg/add_columns.ts";
import { currentSchema, currentSnapshot } from "../../../mod/table/iceberg/metadata.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { positionsOf } from "../../../mod/table/iceberg/position.ts";
import { writeSnapshot } from "../../../mod/table/iceberg/snapshot.ts";
import type { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";
import { liveRanges } from "./table_state.ts";

const LOG = { id: "0123456789ab", description: "topic quotes" };
const WRITERS = 4;
const COMMITS = 6;

/** What a test of the contract works on. */
export interface CatalogPlace extends AsyncDisposable {
  files: TableFiles;
  /** A catalog of one and the same table, as another process would open it. */
  open(): TableCatalog;
}

async function create(catalog: TableCatalog, files: TableFiles): Promise<boolean> {
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const spec = partitionSpec("dt", quotes, schema);
  return await catalog.create(newTable({ location: files.location, schema, spec }));
}

/** Registers the tests of what catalog.ts promises, for one adapter. */
export function catalogContract(
  name: string,
  place: () => Promise<CatalogPlace>,
  test: (name: string, run: () => Promise<void>) => void = Deno.test,
): void {
  test(`${name}: a table is created once, loaded, and gone after its drop`, async () => {
    await using at = await place();
    const catalog = at.open();
    assert.equal(await catalog.load(), undefined);
    assert.equal(await create(catalog, at.files), true);
    assert.equal(await create(at.open(), at.files), false);
    const { metadata } = (await at.open().load())!;
    assert.equal(metadata.location, at.files.location);
    assert.deepEqual(metadata.schemas[0].fields.map(({ name }) => name).slice(-3), [
      "kafka_partition",
      "kafka_offset",
      "kafka_timestamp",
    ]);
    await catalog.drop();
    await catalog.drop();
    assert.equal(await at.open().load(), undefined);
    catalog.close();
  });

  test(`${name}: a commit on what is not current any more changes nothing`, async () => {
    await using at = await place();
    const [one, two] = [at.open(), at.open()];
    await create(one, at.files);
    const base = (await two.load())!;
    const range = fakeRange(at.files, 0, 0, 10);
    await takeRanges({ catalog: one, files: at.files, table: "t", log: LOG, ranges: [range] });
    const change = { added: range.files(base) };
    const updates = await writeSnapshot(base, at.files, change, Date.now());
    assert.equal(await two.commit(base, updates), false);
    const now = (await two.load())!;
    assert.deepEqual(await liveRanges(now, at.files, 0), [[0, 10]]);
    const again = await writeSnapshot(now, at.files, { added: [] }, Date.now());
    assert.equal(await two.commit(now, again), true, "and on what is, it does");
    const snapshot = again[0].action === "add-snapshot" && again[0].snapshot["snapshot-id"];
    assert.equal(currentSnapshot((await one.load())!.metadata)!["snapshot-id"], snapshot);
    one.close();
    two.close();
  });

  test(`${name}: a commit to a table that was dropped, or recreated since, changes nothing`, async () => {
    await using at = await place();
    const [one, other] = [at.open(), at.open()];
    const late = [{ action: "set-properties" as const, updates: { late: "true" } }];
    for (const commits of [0, 2]) {
      await create(other, at.files);
      for (let i = 0; i < commits; i++) {
        const ranges = [fakeRange(at.files, 0, i * 10, i * 10 + 10)];
        await takeRanges({ catalog: one, files: at.files, table: "t", log: LOG, ranges });
      }
      const former = (await one.load())!;
      await other.drop();
      assert.equal(await one.commit(former, late), false);
      assert.equal(await at.open().load(), undefined, "a dropped table stays dropped");
      assert.equal(await one.load(), undefined, "also for the one that knew it");
      await create(other, at.files);
      assert.equal(await one.commit(former, late), false);
      for (const catalog of [one, other, at.open()]) {
        const { metadata } = (await catalog.load())!;
        assert.notEqual(metadata["table-uuid"], former.metadata["table-uuid"]);
        assert.equal(metadata.properties!.late, undefined);
      }
      const base = (await one.load())!;
      assert.equal(await one.commit(base, late), true, "the new one takes commits");
      assert.equal((await other.load())!.metadata.properties!.late, "true");
      await other.drop();
    }
    one.close();
    other.close();
  });

  test(`${name}: a writer stops when its table is dropped or recreated, and leaves it so`, async () => {
    await using at = await place();
    const [one, other] = [at.open(), at.open()];
    await create(one, at.files);
    const uuid = (await one.load())!.metadata["table-uuid"];
    const take = (first: number) => {
      const ranges = [fakeRange(at.files, 0, first, first + 10)];
      return takeRanges({ catalog: one, files: at.files, table: "t", log: LOG, ranges, uuid });
    };
    for (const first of [0, 10]) assert.deepEqual(await take(first), ["taken"]);
    await other.drop();
    await assert.rejects(take(20), (error) => {
      assert.ok(error instanceof Failure && error.kind === "failed");
      assert.match(error.fix!, /dropped while this was running\. Start consume again/);
      return true;
    });
    assert.equal(await at.open().load(), undefined);
    await create(other, at.files);
    await assert.rejects(take(20), (error) => {
      assert.ok(error instanceof Failure && error.kind === "failed");
      assert.match(error.message, /dropped and recreated/);
      assert.match(error.fix!, /Start consume again/);
      return true;
    });
    const { metadata } = (await other.load())!;
    assert.deepEqual([metadata.snapshots ?? [], positionsOf(metadata, LOG.id).size], [[], 0]);
    one.close();
    other.close();
  });

  test(`${name}: of two changes of the columns at once, which make no snapshot, one is made`, async () => {
    await using at = await place();
    const [one, two] = [at.open(), at.open()];
    await create(one, at.files);
    const bases = [(await one.load())!, (await two.load())!];
    const quotes = await quotesSchema();
    const [first, second] = bases.map(({ metadata }, i) => {
      const added = {
        wire: `Extra${i}`,
        name: `extra_${i}`,
        type: "long" as const,
        required: false,
      };
      const schema = { ...quotes, columns: [...quotes.columns, added] };
      return schemaUpdates(metadata, schemaChangeOf(metadata, schema));
    });
    assert.equal(await one.commit(bases[0], first), true);
    assert.equal(await two.commit(bases[1], second), false);
    const { metadata } = (await at.open().load())!;
    const extra = currentSchema(metadata).fields.filter(({ name }) => name.startsWith("extra"));
    assert.deepEqual(extra.map(({ name }) => name), ["extra_0"]);
    one.close();
    two.close();
  });

  test(`${name}: writers at once, each range is in the table once`, async () => {
    await using at = await place();
    const first = at.open();
    await create(first, at.files);
    let conflicts = 0;
    const write = async (writer: number) => {
      const catalog = at.open();
      for (let i = 0; i < COMMITS; i++) {
        // Its own partition, and one that all of them write with the same ranges.
        const ranges = [writer + 1, 0].map((p) => fakeRange(at.files, p, i * 10, i * 10 + 10));
        const options = { catalog, files: at.files, table: "t", log: LOG, pauseMs: 20 };
        await takeRanges({ ...options, ranges, onRetry: () => conflicts++ });
      }
      catalog.close();
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    assert.ok(conflicts > 0, "they never met");
    const base = (await first.load())!;
    const positions = positionsOf(base.metadata, LOG.id);
    for (let partition = 0; partition <= WRITERS; partition++) {
      const ranges = await liveRanges(base, at.files, partition);
      assert.deepEqual(ranges, Array.from({ length: COMMITS }, (_, i) => [i * 10, i * 10 + 10]));
      assert.deepEqual(positions.get(partition), { from: 0, end: COMMITS * 10 });
    }
    first.close();
  });
}
