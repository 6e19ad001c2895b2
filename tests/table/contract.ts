import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import type { LakeStore } from "../../mod/lake/store.ts";
import type {
  LogName,
  LogWriter,
  Table,
  TableDescription,
  TableLog,
  WrittenRange,
} from "../../mod/table/table.ts";
import { quotes } from "../sink/run_sink.ts";

/** A kind of table, and where it is put to the test. */
export interface TableFixture {
  store: LakeStore;
  open(description: TableDescription): Table;
  /** Writes an object as the sink does, with rows for these offsets. */
  put(
    log: TableLog,
    range: { partition: number; first: number; end: number },
  ): Promise<WrittenRange>;
  close(): Promise<void>;
}

/** What every kind of table promises the sink. */
export function tableContract(
  name: string,
  open: () => Promise<TableFixture>,
  test: (name: string, run: () => Promise<void>) => void,
): void {
  const check = (sentence: string, run: (fixture: TableFixture) => Promise<void>) =>
    test(`${name}: ${sentence}`, async () => {
      const fixture = await open();
      try {
        await run(fixture);
      } finally {
        await fixture.close();
      }
    });

  check("a new log has no positions", async ({ open }) => {
    const log = await open(DESCRIPTION).log(LOG, WRITER);
    assert.equal((await log.positions([0])).size, 0);
    assert.deepEqual(log.notices, []);
  });

  check(
    "where a new log is begun at its end is on record, and stays the first offset",
    async ({ open }) => {
      const at = (high: number): LogWriter => ({
        ...WRITER,
        from: "latest",
        offsets: () => Promise.resolve([{ partition: 0, low: 0, high }]),
      });
      const begunBy = async (writer: LogWriter, name = LOG) => {
        const log = await open(DESCRIPTION).log(name, writer);
        await log.positions([0, 1]);
        return [log.begun(0), log.begun(1)];
      };
      assert.deepEqual(await begunBy(at(100)), [100, undefined]);
      assert.deepEqual(await begunBy(at(120)), [100, undefined]);
      assert.deepEqual(await begunBy(WRITER), [100, undefined]);
      assert.deepEqual(
        await begunBy(at(30), OTHER_LOG),
        [undefined, undefined],
        "it was recreated",
      );
      const renamed = { ...OTHER_LOG, topic: "others", topicId: "third" };
      assert.deepEqual(await begunBy(at(30), renamed), [30, undefined]);
    },
  );

  check("what was taken is the position of whoever asks next", async (fixture) => {
    const log = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    await log.positions([0, 1]);
    const ranges = [
      await fixture.put(log, { partition: 0, first: 5, end: 10 }),
      await fixture.put(log, { partition: 1, first: 0, end: 3 }),
    ];
    assert.deepEqual(await log.take(ranges), ["taken", "taken"]);
    const next = await fixture.put(log, { partition: 0, first: 10, end: 12 });
    assert.deepEqual(await log.take([next]), ["taken"]);
    const other = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    assert.deepEqual(bounds(await other.positions([0, 1])), [[0, 5, 12], [1, 0, 3]]);
  });

  check("a position keeps the leader epoch that came with it", async (fixture) => {
    const log = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    await log.positions([0]);
    const range = await fixture.put(log, { partition: 0, first: 5, end: 10 });
    await log.take([{ ...range, epoch: 7 }]);
    const epochOf = async () =>
      (await fixture.open(DESCRIPTION).log(LOG, WRITER).then((log) => log.positions([0])))
        .get(0)?.epoch;
    assert.equal(await epochOf(), 7);
    await log.take([await fixture.put(log, { partition: 0, first: 10, end: 12 })]);
    assert.equal(await epochOf(), undefined);
  });

  check(
    "a range that is in is answered so, also to its next owner, and nothing changes",
    async (fixture) => {
      const log = await fixture.open(DESCRIPTION).log(LOG, WRITER);
      await log.positions([0]);
      const range = await fixture.put(log, { partition: 0, first: 0, end: 10 });
      assert.deepEqual(await log.take([range]), ["taken"]);
      assert.deepEqual(await log.take([range]), ["already"]);
      const owner = await fixture.open(DESCRIPTION).log(LOG, WRITER);
      await owner.positions([0]);
      assert.deepEqual(await owner.take([range]), ["already"]);
      assert.deepEqual(bounds(await owner.positions([0])), [[0, 0, 10]]);
    },
  );

  check("a former owner's late take does not set the position back", async (fixture) => {
    const former = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    await former.positions([0]);
    const first = await fixture.put(former, { partition: 0, first: 0, end: 10 });
    const owner = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    await owner.positions([0]);
    await owner.take([first]);
    await owner.take([await fixture.put(owner, { partition: 0, first: 10, end: 20 })]);
    await former.take([first]);
    const next = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    assert.deepEqual(bounds(await next.positions([0])), [[0, 0, 20]]);
  });

  check("a gap is a range as any other", async (fixture) => {
    const log = await fixture.open(DESCRIPTION).log(LOG, WRITER);
    await log.positions([0]);
    const gaps = [{ first: 0, end: 4, reason: "retention" as const }];
    const range = { partition: 0, first: 0, end: 4, objects: [], deadLetters: [], gaps };
    assert.deepEqual(await log.take([range]), ["taken"]);
    assert.deepEqual(bounds(await log.positions([0])), [[0, 0, 4]]);
  });

  check(
    "two logs of one topic's name have positions of their own, and names that never meet",
    async (fixture) => {
      const table = fixture.open(DESCRIPTION);
      const [a, b] = [await table.log(LOG, WRITER), await table.log(OTHER_LOG, WRITER)];
      const place = {
        partition: 0,
        first: 0,
        last: 9,
        kind: "rows" as const,
        partitions: [["dt", "2026-11-24"]] as const,
        extension: "parquet",
      };
      assert.notEqual(a.objectName(place), b.objectName(place));
      assert.equal(
        a.objectName(place),
        (await fixture.open(DESCRIPTION).log(LOG, WRITER)).objectName(place),
      );
      await a.positions([0]);
      await a.take([await fixture.put(a, { partition: 0, first: 0, end: 10 })]);
      assert.equal((await b.positions([0])).size, 0);
    },
  );

  check("a second group is refused, and may take over", async ({ open }) => {
    await open(DESCRIPTION).log(LOG, WRITER);
    const second = { ...WRITER, group: "second" };
    await assert.rejects(open(DESCRIPTION).log(LOG, second), isRefusal(/written by group first/));
    await open(DESCRIPTION).log(LOG, { ...second, takeOver: true });
    await open(DESCRIPTION).log(LOG, second);
    await assert.rejects(open(DESCRIPTION).log(LOG, WRITER), isRefusal(/written by group second/));
  });

  check(
    "another partitioning is refused, another column's type too; a new column is not",
    async ({ open }) => {
      await open(DESCRIPTION).log(LOG, WRITER);
      const other = { ...DESCRIPTION, partitionBy: "index" };
      await assert.rejects(open(other).log(LOG, WRITER), isRefusal(/dt/));
      const retyped = quotes.columns.map((column) =>
        column.name === "index"
          ? { ...column, type: "double" as const, maxLength: undefined }
          : column
      );
      const schema = { ...quotes, columns: retyped };
      await assert.rejects(open({ ...DESCRIPTION, schema }).log(LOG, WRITER), isRefusal(/index/));
      const note = { wire: "Note", name: "note", type: "string" as const, required: false };
      const grown = { ...quotes, columns: [...quotes.columns, note] };
      await open({ ...DESCRIPTION, schema: grown }).log(LOG, WRITER);
    },
  );

  check(
    "what was begun and is not whole is removed, and can be taken in another form",
    async (fixture) => {
      const log = await fixture.open(DESCRIPTION).log(LOG, WRITER);
      await log.positions([0]);
      await fixture.put(log, { partition: 0, first: 0, end: 10 });
      const range = { partition: 0, first: 0, end: 10, objects: null, isOver: true };
      assert.equal(await log.settle(range), "removed");
      await log.take([await fixture.put(log, { partition: 0, first: 0, end: 7 })]);
      const next = await fixture.open(DESCRIPTION).log(LOG, WRITER);
      assert.deepEqual(bounds(await next.positions([0])), [[0, 0, 7]]);
    },
  );
}

const DESCRIPTION: TableDescription = { schema: quotes, format: "parquet", partitionBy: "dt" };

const LOG: LogName = { topic: "quotes", cluster: "c", topicId: "first" };
const OTHER_LOG: LogName = { topic: "quotes", cluster: "c", topicId: "second" };

const WRITER: LogWriter = {
  group: "first",
  committed: () => Promise.resolve([]),
  timestampAt: () => Promise.resolve(null),
  offsets: () => Promise.resolve([{ partition: 0, low: 0, high: 100 }]),
};

function bounds(positions: ReadonlyMap<number, { from: number; end: number }>): number[][] {
  return [...positions].map(([partition, { from, end }]) => [partition, from, end])
    .sort(([a], [b]) => a - b);
}

function isRefusal(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Failure && error.kind === "usage" && message.test(error.message);
}
