import assert from "node:assert/strict";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import type { TableCatalog } from "../../mod/table/iceberg/catalog.ts";
import { liveEntries } from "../../mod/table/iceberg/live_entries.ts";
import { logId } from "../../mod/table/iceberg/position.ts";
import { removeWrongRows } from "../../mod/table/iceberg/remove_wrong_rows.ts";
import { rewriteFiles } from "../../mod/table/iceberg/rewrite_files.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import type { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { logKey } from "../../mod/table/log_key.ts";
import { rows } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { IcebergPlace, NAMES } from "./iceberg_place.ts";

/** Adds the rows of the file of offsets 10 to 19 a second time, in another file. @returns its name */
async function doubleRows({ lake }: IcebergPlace, catalog: TableCatalog, files: TableFiles) {
  let copy = "";
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { entries } = await liveEntries(base, files);
    const twice = entries.find(({ origin }) => origin?.range?.first === 10)!;
    copy = twice.name.replace(".parquet", ".r7.parquet");
    lake.objects.set(copy, lake.objects.get(twice.name)!);
    const file = { ...twice.file, file_path: files.uri(copy, base.metadata.location) };
    return await writeSnapshot(
      base,
      files,
      { added: [{ specId: twice.specId, file }] },
      Date.now(),
    );
  });
  return copy;
}

/** Writes one file again under another name, or removes it, as other programs do. */
async function change(
  name: string,
  what: "compacts" | "deletes",
  log: string,
  { catalog, files }: { catalog: TableCatalog; files: TableFiles },
) {
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { entries } = await liveEntries(base, files);
    const entry = entries.find((one) => one.name === name)!;
    const removed = new Set([entry.file.file_path]);
    const { file } = await rewriteFiles({ base, files, entries: [entry], log });
    const added = what === "compacts" ? [file!] : [];
    return await writeSnapshot(base, files, { added, removed }, Date.now());
  });
}

const CHANGES = [
  ["compacts", "first"],
  ["compacts", "second"],
  ["deletes", "first"],
  ["deletes", "second"],
] as const;

for (const [what, which] of CHANGES) {
  Deno.test(`duplicates of an Iceberg table are removed though another program ${what} the ${which} of two files meanwhile`, async () => {
    const place = new IcebergPlace(new ScriptedLog([rows(50)]));
    await place.consume(10);
    const { catalog, files } = place.open();
    const copy = await doubleRows(place, catalog, files);
    const key = await logKey({ topic: NAMES.topic, ...place.log.identity });
    const log = logId(key, NAMES.topic);
    const name = which === "first" ? copy.replace(".r7.parquet", ".parquet") : copy;
    let commits = 0;
    const beside: TableCatalog = {
      description: catalog.description,
      load: () => catalog.load(),
      create: (metadata) => catalog.create(metadata),
      drop: () => catalog.drop(),
      close: () => catalog.close(),
      async commit(base, updates) {
        if (commits++ === 0) await change(name, what, log, { catalog, files });
        return await catalog.commit(base, updates);
      },
    };
    await removeWrongRows({
      catalog: beside,
      files,
      table: NAMES.tableName,
      log: { id: log },
      unreadable: new Set(),
      doubled: new Map([[0, [{ first: 10, last: 19 }]]]),
      beyond: new Set(),
    });
    assert.equal(commits, 2);
    await place.proved(50, `${what} ${which}`);
  });
}
