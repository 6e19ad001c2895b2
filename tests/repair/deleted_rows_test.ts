import assert from "node:assert/strict";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { expireSnapshots, mergeFiles } from "../../mod/table/iceberg/merge_files.ts";
import { liveEntries, type LiveEntry } from "../../mod/table/iceberg/live_entries.ts";
import { findOrphans } from "../../mod/table/iceberg/orphans.ts";
import { rewriteFiles } from "../../mod/table/iceberg/rewrite_files.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import type { RepairOptions } from "../../mod/repair/repair.ts";
import { isProved } from "../../mod/verify/verify.ts";
import { rows } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { addDeletes } from "../table/iceberg/add_deletes.ts";
import { IcebergPlace, killedAnywhere } from "./iceberg_place.ts";

const signal = new AbortController().signal;

/** Ways in which other programs delete the rows at offsets 10 to 12. */
const DELETES = {
  "merge on read": async (place: IcebergPlace) => {
    const { catalog, files } = place.open();
    const entry = await fileOf(place, 10);
    const positions = [0, 1, 2].map((position) => [entry.file.file_path, position] as const);
    await addDeletes(catalog, files, entry, { positions });
  },
  "copy on write": (place: IcebergPlace) =>
    replace(place, 10, (offset) => offset < 10 || offset > 12),
};

async function fileOf(place: IcebergPlace, first: number): Promise<LiveEntry> {
  const { catalog, files } = place.open();
  const { entries } = await liveEntries((await catalog.load())!, files);
  return entries.find(({ origin }) => origin?.range?.first === first)!;
}

/** Rewrites a file as another program, with some of its rows. @param isKept absent for all rows */
async function replace(place: IcebergPlace, first: number, isKept?: (offset: number) => boolean) {
  const { catalog, files } = place.open();
  const entry = await fileOf(place, first);
  await changeTable({ catalog, table: "t" }, async (base) => {
    const { file } = await rewriteFiles({
      ...{ base, files, entries: [entry], log: entry.origin!.log },
      isKept: isKept && ((_, offset) => isKept(offset)),
    });
    const added = file === undefined ? [] : [file];
    const removed = new Set([entry.file.file_path]);
    const change = { added, removed, isDelete: isKept !== undefined };
    const updates = await writeSnapshot(base, files, change, Date.now());
    // Others count nothing.
    return updates.filter(({ action }) => action !== "set-properties");
  });
}

/** Forgets all snapshots but the current one, and removes their files. */
async function expire(place: IcebergPlace) {
  const { catalog, files } = place.open();
  await changeTable({ catalog, table: "t" }, ({ metadata }) => {
    const properties = {
      "history.expire.max-snapshot-age-ms": "0",
      "history.expire.min-snapshots-to-keep": "1",
    };
    const isSet = metadata.properties?.["history.expire.max-snapshot-age-ms"] === "0";
    return Promise.resolve(
      isSet ? undefined : [{ action: "set-properties", updates: properties }],
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 2));
  const expired = await expireSnapshots({ catalog, table: "t", signal, dryRun: false });
  assert.ok(expired > 0);
  for (const { name } of await findOrphans({ catalog, files, olderThanMs: 0, signal })) {
    await place.lake.remove(name);
  }
}

async function filled(count = 30): Promise<IcebergPlace> {
  const place = new IcebergPlace(new ScriptedLog([rows(count)]));
  await place.consume(10);
  return place;
}

async function consumeMore(place: IcebergPlace, count = 10) {
  place.log.partitions[0].push(...rows(count));
  await place.consume(10);
}

/** Repairs what is wrong. @returns the plans */
async function repair(place: IcebergPlace, deleted?: RepairOptions["deleted"]) {
  return await place.repair(await place.verify(), () => place.consume(10), deleted);
}

/** Offsets of the rows that readers see; without delete files. */
async function offsets(place: IcebergPlace): Promise<number[]> {
  return (await place.offsets()).rows;
}

function without(count: number, ...gone: number[]): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((offset) => !gone.includes(offset));
}

for (const [kind, deleteRows] of Object.entries(DELETES)) {
  Deno.test(`rows deleted by ${kind} are no missing ones once the snapshot has expired, and repair leaves them out`, async () => {
    const place = await filled();
    await deleteRows(place);
    await consumeMore(place);
    // Delete files are applied.
    const { catalog, files } = place.open();
    await mergeFiles({ catalog, files, table: "t", targetBytes: 2 ** 20, signal });
    await expire(place);
    const verdict = await place.verify();
    assert.ok(isProved(verdict), JSON.stringify(verdict));
    assert.deepEqual(verdict.partitions[0].deleted, [{ first: 10, last: 12 }]);
    assert.equal(verdict.partitions[0].found, 37);
    assert.deepEqual(await repair(place), []);
    assert.deepEqual(await offsets(place), without(40, 10, 11, 12));
    // Told to, repair reads them again.
    await repair(place, "restore");
    assert.deepEqual(await offsets(place), without(40));
    assert.deepEqual((await place.verify()).partitions[0].deleted, []);
    // Nothing is attributed to the former delete any more.
    await lose(place, 20);
    assert.equal(isProved(await place.verify()), false);
  });
}

/** Takes a file out of the table, as a rollback or an error of this program would. */
async function lose(place: IcebergPlace, first: number) {
  const { catalog, files } = place.open();
  const { file } = await fileOf(place, first);
  await changeTable({ catalog, table: "t" }, async (base) => {
    const summary = { "ticklake.log": "0" };
    const change = { added: [], removed: new Set([file.file_path]), isDelete: true, summary };
    return await writeSnapshot(base, files, change, Date.now());
  });
}

Deno.test("all rows of a file are deleted: not by the names alone, and after expiry, is one missing", async () => {
  const place = await filled();
  await replace(place, 10, () => false);
  const deleted = [{ first: 10, last: 19 }];
  assert.deepEqual((await place.verify(false)).partitions[0].deleted, deleted);
  await consumeMore(place);
  await expire(place);
  for (const deep of [false, true]) {
    const verdict = await place.verify(deep);
    assert.ok(isProved(verdict), JSON.stringify(verdict));
    assert.deepEqual(verdict.partitions[0].deleted, deleted);
  }
  assert.deepEqual(await repair(place), []);
});

Deno.test("if the deleting snapshot has expired before the next commit, nobody knows: verify says so, repair asks", async () => {
  const origin = await filled();
  await DELETES["copy on write"](origin);
  // Such as OPTIMIZE and VACUUM beside no consume.
  await replace(origin, 0);
  await replace(origin, 20);
  await expire(origin);
  for (const isContinued of [false, true]) {
    const place = origin.copy();
    if (isContinued) await consumeMore(place);
    const count = isContinued ? 40 : 30;
    const verdict = await place.verify();
    assert.ok(!isProved(verdict), JSON.stringify(verdict));
    const [{ missing, mayBeDeleted }] = verdict.partitions;
    assert.deepEqual([missing, mayBeDeleted], [[{ first: 10, last: 12 }], true]);
    const [{ hopeless, rewriteFrom, lost }] = await repair(place);
    assert.match(hopeless.join(), /3 offsets from 10 on: .* deleted .* or they are lost/);
    assert.deepEqual([rewriteFrom, lost], [undefined, []]);
    assert.deepEqual(await offsets(place), without(count, 10, 11, 12));
    const accepted = place.copy();
    await repair(accepted, "accept");
    const after = await accepted.verify();
    assert.ok(isProved(after), JSON.stringify(after));
    assert.deepEqual(after.partitions[0].deleted, [{ first: 10, last: 12 }]);
    await consumeMore(accepted);
    assert.ok(isProved(await accepted.verify()));
    assert.deepEqual(await repair(accepted), []);
    await repair(place, "restore");
    assert.ok(isProved(await place.verify()));
    assert.deepEqual(await offsets(place), without(count));
  }
});

Deno.test("rows lost beside deleted ones are missing; repair brings those back that it can, without the deleted ones", async () => {
  const place = await filled(60);
  await DELETES["copy on write"](place);
  await consumeMore(place);
  await expire(place);
  // A file beyond the deleted rows is lost: it is read again.
  place.lake.objects.delete((await fileOf(place, 40)).name);
  assert.equal(isProved(await place.verify()), false);
  const [{ rewriteFrom }] = await repair(place);
  assert.equal(rewriteFrom, 40);
  const verdict = await place.verify();
  assert.ok(isProved(verdict), JSON.stringify(verdict));
  assert.deepEqual(await offsets(place), without(70, 10, 11, 12));
  // One before them: that would bring them back.
  const { name } = await fileOf(place, 0);
  const bytes = place.lake.objects.get(name)!;
  place.lake.objects.delete(name);
  const [plan] = await repair(place);
  assert.match(plan.hopeless.join(), /from offset 0 on would be written again, with rows that/);
  assert.deepEqual([plan.rewriteFrom, plan.aside], [undefined, []]);
  place.lake.objects.set(name, bytes);
  assert.deepEqual(await offsets(place), without(70, 10, 11, 12));
  // More rows are gone than were deleted: which ones, nobody knows.
  await lose(place, 0);
  const [{ missing, mayBeDeleted }] = (await place.verify()).partitions;
  assert.deepEqual([missing, mayBeDeleted], [[{ first: 0, last: 12 }], true]);
});

Deno.test("after a rollback past a delete, rows are not taken for deleted by their number", async () => {
  const place = await filled();
  const { catalog } = place.open();
  const { metadata } = (await catalog.load())!;
  const id = metadata.refs!.main["snapshot-id"];
  await DELETES["copy on write"](place);
  await consumeMore(place, 3);
  const updates = [
    { action: "set-snapshot-ref", "ref-name": "main", type: "branch", "snapshot-id": id } as const,
  ];
  assert.ok(await catalog.commit((await catalog.load())!, updates));
  for (const isContinued of [false, true]) {
    if (isContinued) await consumeMore(place);
    const [verdict] = (await place.verify()).partitions;
    assert.deepEqual(verdict.missing, [{ first: 30, last: 32 }], JSON.stringify(verdict));
  }
});

/** A table with rows that were deleted, each in another way of knowing of them. */
const DELETED: Readonly<Record<string, () => Promise<IcebergPlace>>> = {
  "deleted rows on record": async () => {
    const place = await filled();
    await DELETES["copy on write"](place);
    await consumeMore(place, 3);
    await expire(place);
    return place;
  },
  "rows that may be deleted": async () => {
    const place = await filled();
    await DELETES["copy on write"](place);
    await replace(place, 0);
    await expire(place);
    return place;
  },
};

for (const [kind, make] of Object.entries(DELETED)) {
  // What is on record is accepted already.
  for (
    const policy of kind.includes("record") ? ["restore"] as const : ["restore", "accept"] as const
  ) {
    Deno.test(`repair --deleted ${policy} of ${kind}, killed at any change, is completed by the next`, async () => {
      const origin = await make();
      const count = origin.log.partitions[0].length;
      const run = async (place: IcebergPlace) => {
        place.log.beforeCommit = () => place.lake.change();
        await repair(place, policy).finally(() => place.log.beforeCommit = () => {});
        const { changes } = place.lake;
        // Whatever the repair was about to consume.
        await place.consume(10);
        return changes;
      };
      await killedAnywhere(origin, run, async (place, when) => {
        const verdict = await place.verify();
        assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
        const deleted = policy === "accept" ? [10, 11, 12] : [];
        assert.deepEqual(await offsets(place), without(count, ...deleted), when);
        assert.equal(verdict.partitions[0].found, count - deleted.length, when);
        if (policy === "accept") return;
        // What is lost from then on is missing, and not taken for deleted.
        await lose(place, 20);
        const { missing, mayBeDeleted = false } = (await place.verify()).partitions[0];
        assert.deepEqual([missing, mayBeDeleted], [[{ first: 20, last: 29 }], false], when);
      });
    });
  }
}
