import assert from "node:assert/strict";
import process from "node:process";
import { parquetWriteBuffer } from "hyparquet-writer";
import { checkedMiniblock } from "../../mod/lake/format/parquet/miniblock.ts";
import { readFooter } from "../../mod/lake/format/parquet/footer.ts";
import { parquetBatches } from "../../mod/lake/format/parquet/read_parquet.ts";
import { readDelta } from "../../mod/lake/format/parquet/read_delta.ts";
import { deltaLengths } from "../../mod/lake/format/parquet/walk_delta.ts";
import { quotes, withEmbedded } from "../commands/consume_place.ts";
import { runTicklake } from "../services/services.ts";
import { walkHybrid } from "../../mod/lake/format/parquet/walk_hybrid.ts";
import { fileColumns } from "../../mod/table/iceberg/file_columns.ts";

/** Seconds of the processor; a run of 2^27 values takes hyparquet as many, and a gigabyte. */
const MOST_SECONDS = 1;

async function refused(run: () => unknown, reason: RegExp): Promise<void> {
  const before = process.cpuUsage();
  await assert.rejects(async () => await run(), reason);
  const { user } = process.cpuUsage(before);
  assert.ok(user < MOST_SECONDS * 1e6, `${user} µs`);
}

/** A Parquet file of floats, which the program's own reader leaves to hyparquet. */
function floats(rows: number): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({
    columnData: [{
      name: "close",
      data: Array.from({ length: rows }, () => 1.5),
      type: "FLOAT",
      nullable: true,
    }],
    codec: "UNCOMPRESSED",
    statistics: false,
  }));
}

const CLOSE = [{ name: "close", type: "double" as const }];

/** The levels of a page of version 2 whose 1,000 values are all there: a run of so many, the level. */
const LEVELS = [0xd0, 0x0f, 1];

function indexOf(bytes: Uint8Array, part: readonly number[]): number {
  return bytes.findIndex((_, i) => part.every((byte, k) => bytes[i + k] === byte));
}

Deno.test("levels that repeat more often than a page has values are refused before they are read", async () => {
  const bytes = floats(1000);
  const at = indexOf(bytes, LEVELS);
  assert.ok(at > 0, "the writer makes one run of a page");
  const [batch] = await parquetBatches(bytes, CLOSE);
  assert.equal(batch.columns.get("close")![999], 1.5);
  bytes.set([0xfe, 0x7f], at);
  await refused(() => parquetBatches(bytes, CLOSE), /a run of 8191 where 1000 are left/);
  // A delete file of an Iceberg table, which another program has written.
  await refused(
    () => fileColumns(bytes, readFooter(bytes), ["close"]),
    /a run of 8191 where 1000 are left/,
  );
});

Deno.test("runs of 2^27 values, of levels or of nothing, are refused", async () => {
  const long = [0xfe, 0xff, 0xff, 0xff, 0x0f, 1];
  await refused(() => walkHybrid(Uint8Array.from(long), 0, 1, 100), /a run of 2147483647 where/);
  // Packed numbers without a bit take no bytes.
  const packed = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f);
  await refused(() => walkHybrid(packed, 0, 0, 100), /a run of 2147483647 where 13 are left/);
});

Deno.test("blocks of differences that come to no end are refused", async () => {
  // Blocks of no value, one miniblock, 100 values of which the first is 0.
  const none = Uint8Array.of(0, 1, 100, 0, 0, 0, 0, 0, 0, 0);
  await refused(() => readDelta(none, 0, new Float64Array(100)), /blocks of 0 values/);
  await refused(() => checkedMiniblock(128, 0), /blocks of 128 values in 0/);
  await refused(() => checkedMiniblock(128, 2 ** 31), /blocks of 128/);
});

Deno.test("a text that shares more bytes with the one before than that has is refused", async () => {
  // Two lengths each: the prefixes 0 and 2^20 - 1, the suffixes 1 and 1.
  const prefixes = [128, 1, 4, 2, 0, 0xfe, 0xff, 0x7f, 0, 0, 0, 0];
  const suffixes = [128, 1, 4, 2, 2, 0, 0, 0, 0, 0];
  const page = Uint8Array.from([...prefixes, ...suffixes, 65, 65]);
  await refused(() => deltaLengths(page, 2), /shares 1048575 bytes with one of 1/);
});

Deno.test("a footer whose lists are longer than its bytes is refused before there is room for them", async () => {
  const list = [0x29, 0xfc, 0xff, 0xff, 0xff, 0x7f];
  const bytes = Uint8Array.from([
    0x50,
    0x41,
    0x52,
    0x31,
    ...list,
    0,
    7,
    0,
    0,
    0,
    0x50,
    0x41,
    0x52,
    0x31,
  ]);
  await refused(() => readFooter(bytes), /cut off/);
});

Deno.test("a footer that claims more rows than its bytes can hold is refused", async () => {
  const bytes = floats(100);
  const metadata = readFooter(bytes);
  metadata.row_groups[0].num_rows = BigInt(2 ** 26);
  await refused(() => parquetBatches(bytes, CLOSE, metadata), /a row group of 67108864 rows in/);
  metadata.row_groups[0].num_rows = 100n;
  metadata.row_groups = Array.from({ length: 10 }, () => metadata.row_groups[0]);
  await refused(
    () => parquetBatches(bytes, CLOSE, metadata),
    /its columns are larger than the file/,
  );
});

Deno.test("verify and query name an object whose levels repeat too often", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(60));
    await place.toEnd("--flush-rows", "30");
    const [name, other] = await place.objects();
    assert.ok(name.endsWith(".parquet") && other.endsWith(".parquet"));
    // Sixty values that are all there: a run of 60, the level; one of 63 instead.
    const bytes = Deno.readFileSync(
      new URL("fuzz/corpus/parquet/foreign-v2.parquet", import.meta.url),
    );
    const found = bytes.reduce(
      (at: number[], _, i) => bytes[i] === 0x78 && bytes[i + 1] === 1 ? [...at, i] : at,
      [],
    );
    assert.ok(found.length > 2, `${found.length} columns`);
    for (const at of found) bytes[at] = 0x7e;
    await place.put(name, bytes);
    const verified = await runTicklake(["verify", "--deep"], place);
    assert.equal(verified.code, 4, verified.stderr);
    assert.ok((verified.stdout + verified.stderr).includes(name), verified.stdout);
    assert.match(verified.stdout + verified.stderr, /a run of 63 where 60 are left/);
    const asked = await runTicklake(["query", "SELECT count(*) FROM index_quotes"], place);
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, new RegExp(`object ${name} cannot be read: a run of 63`));
  }));
