import assert from "node:assert/strict";
import { formatCheckpoint } from "../../mod/sink/intent.ts";
import type { TableMetadata } from "../../mod/table/iceberg/metadata.ts";
import { groupBeyondTable } from "../../mod/verify/group_beyond_table.ts";

const ID = "0123456789ab";

/** @param summaries of the table's snapshots, oldest first */
function beyond(
  end: number,
  summaries: Array<Record<string, string>> = [],
  commit = {},
  since = 0,
) {
  const snapshots = summaries.map((summary, at) => ({
    "snapshot-id": BigInt(at),
    "sequence-number": at,
    summary: { "ticklake.log": ID, ...summary },
  }));
  const properties = { [`ticklake.position.${ID}.0`]: `0-${end}` };
  const metadata = formatCheckpoint({ from: 0, log: ID, table: "quotes", ...commit });
  return groupBeyondTable({
    metadata: { properties, snapshots } as unknown as TableMetadata,
    id: ID,
    key: ID,
    committed: [{ partition: 0, offset: 100, metadata }],
    offsets: [{ partition: 0, low: 40, high: 90 }],
  }, { group: "mine", table: "quotes", since: new Map([[0, since]]) });
}

Deno.test("what the group has committed and the table lacks is unwritten, or lost where the topic lacks it", () => {
  const [{ unwritten, lost }] = beyond(30);
  assert.deepEqual(unwritten, [{ first: 40, last: 89 }]);
  assert.deepEqual(lost, [{ first: 30, last: 39 }, { first: 90, last: 99 }]);
  assert.deepEqual(beyond(100), [], "the table has it");
  const [{ from, ...later }] = beyond(30, [], {}, 80);
  assert.equal(from, 80);
  assert.deepEqual([later.unwritten, later.lost], [
    [{ first: 80, last: 89 }],
    [{ first: 90, last: 99 }],
  ]);
  assert.deepEqual(
    beyond(30, [], { since: 30 }),
    [],
    "there was no message behind the table's end",
  );
});

Deno.test("a commit to another table or log, or from before another group's rewind, is not counted", () => {
  assert.deepEqual(beyond(30, [], { table: "other" }), []);
  assert.deepEqual(beyond(30, [], { table: undefined }), [], "a table of Hive folders");
  assert.deepEqual(beyond(30, [], { log: "ba9876543210" }), []);
  const rewound = { "ticklake.rewind": "0:0" };
  const taken = (group: string) => ({ "ticklake.ends": "0:30", "ticklake.group": group });
  assert.deepEqual(beyond(30, [rewound, taken("other")]), []);
  assert.equal(beyond(30, [rewound, taken("mine")]).length, 1);
  assert.equal(beyond(30, [taken("other")]).length, 1, "a table that two groups write");
});
