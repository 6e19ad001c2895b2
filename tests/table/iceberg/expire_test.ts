import assert from "node:assert/strict";
import { expiredSnapshots } from "../../../mod/table/iceberg/expire.ts";
import type { TableMetadata } from "../../../mod/table/iceberg/metadata.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1000 * HOUR_MS;

/** A table with a snapshot an hour, the newest now. */
function table(count: number, more: Partial<TableMetadata> = {}): TableMetadata {
  const snapshots = Array.from({ length: count }, (_, i) => ({
    "snapshot-id": BigInt(i + 1),
    "sequence-number": i + 1,
    "timestamp-ms": NOW_MS - (count - 1 - i) * HOUR_MS,
  }));
  const refs = { main: { "snapshot-id": BigInt(count), type: "branch" } };
  return { snapshots, refs, ...more } as unknown as TableMetadata;
}

function expired(metadata: TableMetadata): number[] {
  return expiredSnapshots(metadata, NOW_MS).map(({ "snapshot-id": id }) => Number(id))
    .sort((a, b) => a - b);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

Deno.test("snapshots older than 24 hours expire, but for the newest hundred", () => {
  assert.deepEqual(expired(table(100)), []);
  assert.deepEqual(expired(table(130)), upTo(30));
  const properties = { "history.expire.min-snapshots-to-keep": "5" };
  assert.deepEqual(expired(table(30, { properties })), upTo(5), "one of 24 hours stays");
});

Deno.test("the table's properties say how old and how many", () => {
  const properties = {
    "history.expire.max-snapshot-age-ms": String(10 * HOUR_MS),
    "history.expire.min-snapshots-to-keep": "5",
  };
  assert.deepEqual(expired(table(30, { properties })), upTo(19));
  const none = { ...properties, "history.expire.min-snapshots-to-keep": "0" };
  const age = { ...none, "history.expire.max-snapshot-age-ms": "-1" };
  assert.deepEqual(expired(table(30, { properties: age })), upTo(29), "the current one stays");
});

Deno.test("a snapshot with a tag stays; with a second branch all stay", () => {
  const main = { "snapshot-id": 130n, type: "branch" as const };
  const tag = { "snapshot-id": 7n, type: "tag" as const };
  assert.deepEqual(
    expired(table(130, { refs: { main, tag } })),
    upTo(30).filter((id) => id !== 7),
  );
  const branch = { "snapshot-id": 7n, type: "branch" as const };
  assert.deepEqual(expired(table(130, { refs: { main, branch } })), []);
});
