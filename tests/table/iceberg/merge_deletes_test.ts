import assert from "node:assert/strict";
import { liveEntries, type LiveEntry } from "../../../mod/table/iceberg/live_entries.ts";
import { mergeFiles } from "../../../mod/table/iceberg/merge_files.ts";
import type { TableCatalog } from "../../../mod/table/iceberg/catalog.ts";
import { changeTable } from "../../../mod/table/iceberg/change_table.ts";
import { currentSnapshot } from "../../../mod/table/iceberg/metadata.ts";
import { RowDeletes } from "../../../mod/table/iceberg/row_deletes.ts";
import { writeSnapshot } from "../../../mod/table/iceberg/snapshot.ts";
import { IcebergPlace, killedAnywhere } from "../../repair/iceberg_place.ts";
import { rows } from "../../sink/run_sink.ts";
import { ScriptedLog } from "../../sink/scripted_log.ts";
import { addDeletes } from "./add_deletes.ts";

const signal = new AbortController().signal;
const TARGET = 2 ** 20;

/** The file of ten rows that begins at an offset. */
async function fileOf(place: IcebergPlace, first: number): Promise<LiveEntry> {
  const { catalog, files } = place.open();
  const { entries } = await liveEntries((await catalog.load())!, files);
  return entries.find(({ origin }) => origin?.range?.first === first)!;
}

/** Deletes rows by the offset of the first one in their file, and their positions in it. */
async function deleteRows(place: IcebergPlace, first: number, positions: readonly number[]) {
  const { catalog, files } = place.open();
  const entry = await fileOf(place, first);
  const { file_path: uri } = entry.file;
  return await addDeletes(catalog, files, entry, {
    positions: positions.map((position) => [uri, position] as const),
  });
}

async function merge(place: IcebergPlace, catalog: TableCatalog = place.open().catalog) {
  const { files } = place.open();
  return await mergeFiles({ catalog, files, table: "t", targetBytes: TARGET, signal });
}

/** Offsets that readers see, and the number of delete files. */
async function seen(place: IcebergPlace): Promise<{ offsets: number[]; deleteFiles: number }> {
  const { catalog, files } = place.open();
  const base = (await catalog.load())!;
  const { entries } = await liveEntries(base, files);
  const deletes = await RowDeletes.open(base, files);
  const offsets: number[] = [];
  for (const entry of entries) {
    const gone = await deletes.of(entry, place.lake.objects.get(entry.name)!);
    const all = await place.rowsOf(entry.name);
    offsets.push(...all.filter((_, position) => !gone.has(position)));
  }
  return { offsets: offsets.sort((a, b) => a - b), deleteFiles: deletes.count };
}

function without(count: number, gone: readonly number[]): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((offset) => !gone.includes(offset));
}

async function filled(count = 30): Promise<IcebergPlace> {
  const place = new IcebergPlace(new ScriptedLog([rows(count)]));
  await place.consume(10);
  return place;
}

Deno.test("maintain rewrites a file with deleted rows without them, and removes the delete file", async () => {
  const place = await filled();
  await deleteRows(place, 10, [0, 4, 9]);
  const { offsets } = await seen(place);
  assert.deepEqual(offsets, without(30, [10, 14, 19]));
  const summary = await merge(place);
  assert.deepEqual(summary, { parts: 3, merged: 1, deleteFiles: 1, left: 0 });
  assert.deepEqual(await seen(place), { offsets, deleteFiles: 0 });
  const { summary: last } = currentSnapshot((await place.open().catalog.load())!.metadata)!;
  assert.deepEqual(
    [last.operation, last["total-records"], last["total-delete-files"], last["total-data-files"]],
    ["replace", "27", "0", "1"],
  );
  assert.deepEqual(await merge(place), { parts: 0, merged: 0, deleteFiles: 0, left: 0 });
  // Those deleted are named, as the history has them.
  const { partitions: [verdict] } = await place.verify();
  assert.deepEqual(verdict.missing, []);
  assert.deepEqual(verdict.deleted.map(({ first }) => first), [10, 14, 19]);
});

Deno.test("a file all of whose rows are deleted is removed; a delete file that deletes nothing too", async () => {
  const place = await filled(20);
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await deleteRows(place, 0, all);
  await deleteRows(place, 10, all);
  assert.deepEqual(await merge(place), { parts: 2, merged: 0, deleteFiles: 2, left: 0 });
  assert.deepEqual(await seen(place), { offsets: [], deleteFiles: 0 });
  place.log.partitions[0].push(...rows(10));
  await place.consume(10);
  const entry = await fileOf(place, 20);
  const { catalog, files } = place.open();
  const positions = [["file:///lake/index_quotes/data/gone.parquet", 1]] as const;
  await addDeletes(catalog, files, entry, { positions });
  assert.deepEqual(await merge(place), { parts: 0, merged: 0, deleteFiles: 1, left: 0 });
  assert.deepEqual(await seen(place), {
    offsets: without(30, all.concat(all.map((i) => i + 10))),
    deleteFiles: 0,
  });
});

Deno.test("values that a delete file deletes are of older files only, and of their partition", async () => {
  const place = await filled(20);
  const { catalog, files } = place.open();
  const entry = await fileOf(place, 0);
  const deletes = {
    columns: ["kafka_offset", "index"],
    values: [[3, "NYA"], [4, "HSI"], [12, "NYA"]],
  };
  await addDeletes(catalog, files, entry, deletes);
  await addDeletes(catalog, files, entry, { columns: ["close"], values: [[107], [null]] });
  assert.deepEqual(await seen(place), { offsets: without(20, [3, 7, 12]), deleteFiles: 2 });
  // The same values once more, in rows that came later.
  place.log.partitions[0].push(...rows(10));
  await place.consume(10);
  assert.deepEqual((await seen(place)).offsets, without(30, [3, 7, 12]));
  assert.deepEqual((await merge(place)).deleteFiles, 2);
  assert.deepEqual(await seen(place), { offsets: without(30, [3, 7, 12]), deleteFiles: 0 });
});

Deno.test("rows that are deleted while maintain merges their files stay deleted", async () => {
  const place = await filled();
  await deleteRows(place, 10, [0]);
  const { catalog } = place.open();
  const first = await merge(place, meanwhile(catalog, () => deleteRows(place, 20, [5])));
  assert.equal(first.parts, 0, "the merge is dropped");
  assert.deepEqual((await seen(place)).offsets, without(30, [10, 25]));
  await merge(place);
  assert.deepEqual(await seen(place), { offsets: without(30, [10, 25]), deleteFiles: 0 });
});

/** A catalog through which something happens once, before the first commit. */
function meanwhile(catalog: TableCatalog, happen: () => Promise<unknown>): TableCatalog {
  let isOver = false;
  return {
    ...catalog,
    description: catalog.description,
    load: () => catalog.load(),
    async commit(base, updates) {
      if (!isOver) await happen();
      isOver = true;
      return await catalog.commit(base, updates);
    },
  };
}

Deno.test("files that another program removes while maintain merges them stay removed", async () => {
  const place = await filled(60);
  const { catalog, files } = place.open();
  const { file } = await fileOf(place, 20);
  const removed = new Set([file.file_path]);
  const remove = () =>
    changeTable({ catalog, table: "t" }, async (base) => {
      const { entries } = await liveEntries(base, files);
      if (!entries.some((entry) => removed.has(entry.file.file_path))) return undefined;
      return await writeSnapshot(base, files, { added: [], removed, isDelete: true }, Date.now());
    });
  const { parts } = await merge(place, meanwhile(catalog, remove));
  assert.equal(parts, 0, "the merge is dropped");
  assert.ok((await merge(place)).parts > 0);
  const gone = Array.from({ length: 10 }, (_, i) => 20 + i);
  assert.deepEqual((await seen(place)).offsets, without(60, gone));
});

Deno.test("of two maintains at once one merges, and each row is there once", async () => {
  const place = await filled(60);
  const { catalog } = place.open();
  let other = 0;
  const merged = await merge(
    place,
    meanwhile(catalog, async () => other = (await merge(place)).parts),
  );
  assert.deepEqual([merged.parts, other], [0, 6]);
  assert.deepEqual((await seen(place)).offsets, without(60, []));
});

Deno.test("delete files of a form that is not read here are left, and the files that they may concern", async () => {
  const place = await filled();
  const { catalog, files } = place.open();
  const entry = await fileOf(place, 10);
  await addDeletes(catalog, files, entry, { positions: [[entry.file.file_path, 0]] }, "AVRO");
  assert.deepEqual(await merge(place), { parts: 0, merged: 0, deleteFiles: 0, left: 3 });
  await assert.rejects(seen(place), /a file of AVRO; only Parquet/);
  // Later files are merged.
  place.log.partitions[0].push(...rows(50));
  await place.consume(10);
  assert.deepEqual(await merge(place), { parts: 5, merged: 1, deleteFiles: 0, left: 3 });
});

Deno.test("a merge that applies deletes, killed at any change and repeated: what was deleted stays so", async () => {
  const origin = await filled();
  await deleteRows(origin, 10, [0, 4]);
  await deleteRows(origin, 20, [9]);
  const run = async (place: IcebergPlace) => void await merge(place);
  await killedAnywhere(origin, run, async (place, when) => {
    const { offsets, deleteFiles } = await seen(place);
    assert.deepEqual(offsets, without(30, [10, 14, 29]), when);
    assert.equal(deleteFiles, 0, when);
  });
});

Deno.test("a rewind rewrites a file with deleted rows without them", async () => {
  const place = await filled();
  await deleteRows(place, 10, [0, 4]);
  const log = await place.openLog();
  await log.positions([0]);
  await log.rewind(new Map([[0, { from: 0, end: 16 }]]));
  assert.deepEqual((await seen(place)).offsets, without(16, [10, 14]));
  await place.consume(10);
  assert.deepEqual((await seen(place)).offsets, without(30, [10, 14]));
});

Deno.test("a repair of files with deleted rows takes out duplicates and brings nothing back", async () => {
  const place = await filled();
  const { catalog, files } = place.open();
  const twice = await fileOf(place, 10);
  await changeTable({ catalog, table: "t" }, async (base) => {
    const copy = twice.name.replace(".parquet", ".r7.parquet");
    place.lake.objects.set(copy, place.lake.objects.get(twice.name)!);
    const file = { ...twice.file, file_path: files.uri(copy, base.metadata.location) };
    const added = [{ specId: twice.specId, file }];
    return await writeSnapshot(base, files, { added }, Date.now());
  });
  const { entries } = await liveEntries((await catalog.load())!, files);
  const both = entries.filter(({ origin }) => origin?.range?.first === 10);
  // One row is deleted in one of the two, another one in both.
  await addDeletes(catalog, files, twice, {
    positions: [...both.map(({ file }) => [file.file_path, 7] as const), [
      both[0].file.file_path,
      2,
    ]],
  });
  const verdict = await place.verify();
  assert.deepEqual(verdict.partitions[0].duplicate.map(({ first, last }) => [first, last]), [
    [10, 11],
    [13, 16],
    [18, 19],
  ]);
  await place.repair(verdict);
  assert.deepEqual((await seen(place)).offsets, without(30, [17]));
  assert.deepEqual((await place.verify()).partitions[0].duplicate, []);
});
