import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { encodeRows } from "../../../mod/catalog/local/first_load/encode_rows.ts";
import { firstLoad } from "../../../mod/catalog/local/first_load/first_load.ts";
import { PAGE_BYTES } from "../../../mod/catalog/local/first_load/sqlite_page.ts";
import { TableFile } from "../../../mod/catalog/local/first_load/table_file.ts";
import type { CellValue } from "../../../mod/lake/format/cell_value.ts";
import { loadSchema } from "../../../mod/schema/load_schema.ts";
import { ask } from "../ask.ts";
import { PROPERTY } from "../../property_seed.ts";
import { Home, type LakeRow, putRows, quote } from "../quotes_lake.ts";

const COLUMNS = [
  { name: "t", type: "TEXT" },
  { name: "r", type: "REAL" },
  { name: "i", type: "INTEGER" },
  { name: "p", type: "TEXT" },
] as const;

/** What SQLite says of a file with such rows, given as several objects, and the rows that it finds. */
function written(
  columns: Record<string, CellValue[]>,
  rows: number,
  partition: string | null = null,
  objects = 1,
) {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/catalog`;
  try {
    const empty = new DatabaseSync(path);
    empty.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    empty.exec("CREATE TABLE rows(t TEXT, r REAL, i INTEGER, p TEXT) STRICT");
    empty.close();
    {
      using file = new TableFile(path);
      for (let object = 0; object < objects; object++) {
        const [begin, end] = [object, object + 1].map((n) => Math.floor(rows * n / objects));
        const batches = [{
          rows: end - begin,
          columns: new Map(
            Object.entries(columns).map(([name, values]) => [name, values.slice(begin, end)]),
          ),
        }];
        const partitions = [["p", partition] as const];
        const leaves = encodeRows({ name: "o", size: 1, batches, partitions }, COLUMNS, begin + 1);
        if (leaves === undefined) return undefined;
        file.append(leaves);
      }
      file.finish(2);
    }
    const db = new DatabaseSync(path);
    const check = db.prepare("PRAGMA integrity_check").all().map((row) => row.integrity_check);
    const statement = db.prepare("SELECT t, r, i, p, rowid AS n FROM rows ORDER BY rowid");
    statement.setReadBigInts(true);
    const found = statement.all().map((row) => ({ ...row }));
    db.close();
    return { check, found };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ maxLength: 400 }));
const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -40_000, max: 40_000 }),
  fc.integer({ min: -2, max: 2 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const row = fc.record({
  t: fc.option(text),
  r: fc.option(fc.double({ noNaN: true })),
  i: fc.option(integer),
});

Deno.test("SQLite finds the rows that were written as pages, and no damage", () => {
  const rows = fc.array(row, { maxLength: 60 });
  fc.assert(
    fc.property(
      rows,
      fc.option(fc.string()),
      fc.integer({ min: 1, max: 3 }),
      (rows, p, objects) => {
        const columns = {
          t: rows.map(({ t }) => t),
          r: rows.map(({ r }) => r),
          i: rows.map(({ i }) => i),
        };
        const { check, found } = written(columns, rows.length, p, objects)!;
        assert.deepEqual(check, ["ok"]);
        assert.deepEqual(
          found,
          rows.map(({ t, r, i }, n) => ({
            t,
            r: r === null ? null : r + 0,
            i: i === null ? null : BigInt(i),
            p,
            n: BigInt(n + 1),
          })),
        );
      },
    ),
    { ...PROPERTY, numRuns: Math.min(PROPERTY.numRuns, 100) },
  );
});

Deno.test("a table may have more leaves than one page leads to", () => {
  const rows = 2000;
  // One or two rows fill a page.
  const t = Array.from(
    { length: rows },
    (_, i) => `${i}`.padEnd(i % 20 === 0 ? 5_000 : 15_900, "x"),
  );
  const { check, found } = written({ t }, rows, null, 3)!;
  assert.deepEqual(check, ["ok"]);
  assert.equal(found.length, rows);
  assert.ok(found.every((row, i) => row.t === t[i]));
});

Deno.test("rows go around the page at 1 GiB, where SQLite has its locks", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/catalog`;
  const lockPage = 2 ** 30 / PAGE_BYTES;
  try {
    const empty = new DatabaseSync(path);
    empty.exec(`PRAGMA page_size = ${PAGE_BYTES}; CREATE TABLE rows(t TEXT) STRICT`);
    empty.close();
    // As if it had that many pages already; they take no room on the disk.
    {
      using file = Deno.openSync(path, { read: true, write: true });
      file.truncateSync((lockPage - 3) * PAGE_BYTES);
      file.seekSync(28, Deno.SeekMode.Start);
      const count = new Uint8Array(4);
      new DataView(count.buffer).setUint32(0, lockPage - 3);
      file.writeSync(count);
    }
    const t = Array.from({ length: 10 }, (_, i) => `${i}`.padEnd(15_000, "x"));
    {
      using file = new TableFile(path);
      const batches = [{ rows: t.length, columns: new Map([["t", t]]) }];
      const object = { name: "o", size: 1, batches, partitions: [] };
      file.append(encodeRows(object, [{ name: "t", type: "TEXT" }], 1)!);
      file.finish(2);
    }
    const db = new DatabaseSync(path);
    assert.deepEqual(db.prepare("SELECT t FROM rows").all().map((row) => row.t), t);
    db.close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("what SQLite must judge is not written: wrong types, records larger than a page", () => {
  assert.equal(written({ t: [1] }, 1), undefined);
  assert.equal(written({ i: [1.5] }, 1), undefined);
  assert.equal(written({ i: [2n ** 63n] }, 1), undefined);
  assert.equal(written({ r: ["1"] }, 1), undefined);
  assert.equal(written({ t: ["x".repeat(16_000)] }, 1), undefined);
  assert.equal(written({ r: [NaN] }, 1)?.found[0].r, null);
  assert.ok(Object.is(written({ r: [-0] }, 1)?.found[0].r, 0));
});

const SQL = "SELECT * FROM index_quotes ORDER BY kafka_offset";

/** Rows of more than a mebibyte, with what only SQLite can judge among them. */
function manyRows(from: number): LakeRow[] {
  return Array.from({ length: 1250 }, (_, i) =>
    quote(from + i, {
      close: Math.sin(from + i),
      open: Math.cos(from + i),
      index: i % 100 === 0 ? "恒生" : "HSI",
      volume: i % 3 === 0 ? null : 2n ** 60n + BigInt(i),
    }));
}

async function loadFirst({ catalog, lake }: Home, exists: boolean): Promise<void> {
  const { signal } = new AbortController();
  await firstLoad({ path: catalog, lake, schema: await loadSchema(), exists, signal });
}

function rowsIn(catalog: string): unknown {
  const db = new DatabaseSync(catalog, { readOnly: true });
  try {
    return db.prepare("SELECT count(*) AS n FROM index_quotes").get()!.n;
  } finally {
    db.close();
  }
}

Deno.test("a large lake's first load gives the rows that loading it row by row gives", async () => {
  await using home = new Home();
  await putRows(home.lake, manyRows(0));
  await putRows(home.lake, manyRows(1250), { partitions: [["dt", "2026-11-21"]] });
  await putRows(home.lake, [quote(2500, { index: "x".repeat(20_000) })]);
  await putRows(home.lake, [quote(2501)], { extension: "jsonl.gz" });
  await loadFirst(home, false);
  // Two of the objects are not for it.
  assert.equal(rowsIn(home.catalog), 2500);
  const atOnce = await ask(home, SQL);
  assert.equal(atOnce.length, 2502);
  // A catalog of another page size is not replaced.
  Deno.removeSync(home.catalog);
  const small = new DatabaseSync(home.catalog);
  small.exec("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL");
  small.exec("CREATE TABLE tables(name TEXT PRIMARY KEY, layout TEXT) STRICT");
  small.close();
  assert.deepEqual(await ask(home, SQL), atOnce);
});

Deno.test("the first load takes the place of an empty catalog that others have open", async () => {
  await using home = new Home();
  assert.deepEqual(await ask(home, SQL), []);
  const other = new DatabaseSync(home.catalog);
  const count = () => other.prepare("SELECT count(*) AS n FROM index_quotes").get()!.n;
  assert.equal(count(), 0);
  await putRows(home.lake, manyRows(0));
  await putRows(home.lake, manyRows(1250));
  await loadFirst(home, true);
  assert.equal(count(), 2500);
  assert.equal((await ask(home, SQL)).length, 2500);
  other.close();
  const left = [...Deno.readDirSync(home.catalog.slice(0, home.catalog.lastIndexOf("/")))];
  assert.deepEqual(left.filter(({ name }) => name.includes(".new-")), []);
});
