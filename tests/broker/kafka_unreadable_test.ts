import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ConsumerHandler, UnreadableBatch } from "../../mod/broker/broker.ts";
import { crc32c } from "../../mod/broker/kafka/crc32c.ts";
import { Feed } from "../../mod/broker/kafka/partition_delivery.ts";
import { RecordBatchWriter } from "../../mod/broker/kafka/record_batch_writer.ts";
import { Bell } from "../../mod/wait/bell.ts";
import { until } from "../until.ts";

/** A batch of numbered messages at an offset; `damage` changes its bytes, checksum and all. */
function batch(first: number, count: number, damage?: (bytes: Buffer) => void): Buffer {
  const writer = new RecordBatchWriter(Buffer.alloc(4096));
  for (let i = 0; i < count; i++) writer.add(null, Buffer.from(`${first + i}`), 1000);
  const bytes = writer.finish({ id: 1n, epoch: 0 }, 0);
  bytes.writeBigInt64BE(BigInt(first), 0);
  damage?.(bytes);
  return Buffer.from(bytes);
}

/** Makes the checksum fit again. */
function seal(bytes: Buffer): void {
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
}

/** The last offset of a batch, as its header claims. */
function lastOf(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(0)) + bytes.readInt32BE(23);
}

interface Delivered {
  offsets: number[];
  unreadable: Array<UnreadableBatch & { after: number }>;
  fetches: number[];
  error?: unknown;
}

/** Delivers a log as a fetcher does, so many batches a fetch, until `end` is reached or it fails. */
async function deliver(
  log: Buffer[],
  end: number,
  batchesAFetch = log.length,
  takesUnreadable = true,
): Promise<Delivered> {
  const lost = new AbortController();
  const changed = new Bell();
  const offsets = { partition: 0, low: 0, high: end };
  const feed = new Feed({
    partition: 0,
    log: { cluster: "c", topicId: "t" },
    committed: { partition: 0, offset: null, metadata: "" },
    committedEpoch: -1,
    offsets,
    start: 0,
    lost: lost.signal,
    confirm: async () => {},
    commit: async () => {},
  }, changed);
  const delivered: Delivered = { offsets: [], unreadable: [], fetches: [] };
  let reached = 0;
  const handler: ConsumerHandler = {
    assigned: async () => {},
    batch: async (batch) => {
      for (let i = 0; i < batch.count; i++) delivered.offsets.push(batch.offset(i));
      reached = batch.nextOffset;
    },
    gap: async () => {},
  };
  if (takesUnreadable) {
    handler.unreadable = async (_, batch) => {
      const after = delivered.offsets.length;
      delivered.unreadable.push({ ...batch, bytes: batch.bytes.slice(), after });
      reached = batch.end;
    };
  }
  let ended = false;
  const done = feed.deliver(handler)
    .catch((error) => delivered.error = error)
    .finally(() => ended = true);
  await until("all is delivered", () => {
    if (feed.wants && feed.position < end) {
      delivered.fetches.push(feed.position);
      const begin = log.findIndex((bytes) => lastOf(bytes) >= feed.position);
      const bytes = Buffer.concat(log.slice(begin, begin + batchesAFetch));
      const fetchOffset = feed.position;
      feed.take({ partition: 0, fetchOffset, highWatermark: end, aborted: [], bytes });
    }
    return ended || reached >= end;
  });
  lost.abort();
  changed.ring();
  await done;
  return delivered;
}

const DAMAGES: Record<string, { damage(bytes: Buffer): void; reason: RegExp }> = {
  "a wrong checksum": { damage: (bytes) => bytes[70] ^= 1, reason: /checksum/ },
  "a wrong checksum and too many offsets": {
    damage: (bytes) => bytes.writeInt32BE(5_000_000, 23),
    reason: /checksum/,
  },
  // The checksum does not cover it.
  "an offset with a flipped bit": { damage: (bytes) => bytes[2] ^= 1, reason: /outside the part/ },
  "an unknown codec": {
    damage: (bytes) => {
      bytes[22] |= 7;
      seal(bytes);
    },
    reason: /codec 7/,
  },
  "bytes that gzip cannot be": {
    damage: (bytes) => {
      bytes[22] |= 1;
      seal(bytes);
    },
    reason: /gzip/,
  },
};

for (const [name, { damage, reason }] of Object.entries(DAMAGES)) {
  Deno.test(`a batch with ${name} is handed over, and what is around it delivered`, async () => {
    const log = [batch(0, 10), batch(10, 10), batch(20, 10, damage), batch(30, 10), batch(40, 10)];
    for (const batchesAFetch of [5, 1, 3]) {
      const { offsets, unreadable } = await deliver(log, 50, batchesAFetch);
      const good = [...Array(50).keys()].filter((offset) => offset < 20 || offset >= 30);
      const [{ first, end, bytes, reason: found, after }] = unreadable;
      assert.equal(first, 20);
      assert.match(found, reason);
      assert.deepEqual(Buffer.from(bytes), log[2]);
      assert.equal(after, 20, "what is before it was delivered first");
      // Alone in its fetch, a batch whose own header lies cannot be told from a longer one.
      if (batchesAFetch === 1 && /too many|flipped bit/.test(name)) {
        assert.equal(unreadable.at(-1)!.end, 50);
        continue;
      }
      assert.equal(unreadable.length, 1);
      assert.equal(end, 30);
      assert.deepEqual(offsets, good);
    }
  });
}

Deno.test("an unreadable batch that is the last one ends at the partition's end", async () => {
  const damage = DAMAGES["a wrong checksum and too many offsets"].damage;
  const { unreadable } = await deliver([batch(0, 5), batch(5, 5, damage)], 10);
  assert.deepEqual(unreadable.map(({ first, end }) => [first, end]), [[5, 10]]);
});

Deno.test("without a handler for them an unreadable batch is an error that names it", async () => {
  const damage = DAMAGES["an unknown codec"].damage;
  const { offsets, error } = await deliver([batch(0, 5), batch(5, 5, damage)], 10, 2, false);
  assert.equal(offsets.length, 5);
  assert.match(String(error), /partition 0, offsets 5 to 9, cannot be read/);
});

Deno.test("damage of the way, not of the log, is fetched again and harms nothing", async () => {
  const damage = DAMAGES["a wrong checksum"].damage;
  const log = [batch(0, 5), batch(5, 5, damage), batch(10, 5)];
  setTimeout(() => log[1] = batch(5, 5), 1);
  const { offsets, unreadable, fetches } = await deliver(log, 15);
  if (unreadable.length === 0) assert.equal(offsets.length, 15);
  assert.ok(fetches.filter((offset) => offset === 5).length <= 3, `${fetches}`);
});
