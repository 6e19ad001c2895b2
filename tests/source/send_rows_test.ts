import assert from "node:assert/strict";
import type { OutgoingMessage, Producer } from "../../mod/broker/broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { pace } from "../../mod/source/pace.ts";
import type { RowFeed } from "../../mod/source/row_feed.ts";
import { SEND_ROWS, sendRows } from "../../mod/source/send_rows.ts";

/** Rows numbered from 0, `count` of them. */
function numbered(count: number, bytes = 1): RowFeed {
  let at = 0;
  return {
    next: (max) => {
      const rows = [];
      for (; at < count && rows.length < max; at++) {
        rows.push({ key: String(at), value: new Uint8Array(bytes) });
      }
      return Promise.resolve(rows.length === 0 ? null : rows);
    },
    close: () => {},
  };
}

/** A log in memory, whose acknowledgements come when `settle` says so. */
class Log implements Producer {
  keys: Array<OutgoingMessage["key"]> = [];
  largest = 0;
  inFlight = 0;
  mostInFlight = 0;
  readonly #settle: (send: number) => Promise<void>;
  #sends = 0;

  constructor(settle: (send: number) => Promise<void> = () => Promise.resolve()) {
    this.#settle = settle;
  }

  async send(messages: OutgoingMessage[]): Promise<number> {
    this.largest = Math.max(this.largest, messages.length);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await this.#settle(this.#sends++);
      this.keys.push(...messages.map(({ key }) => key));
      return messages.length;
    } finally {
      this.inFlight--;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const NEVER = new AbortController().signal;

Deno.test("every row is sent once and in order, several sends in flight, not more", async () => {
  const log = new Log(tick);
  let sent = 0;
  await sendRows({
    feed: numbered(30_001),
    producer: log,
    pace: pace(0, SEND_ROWS),
    signal: NEVER,
    onSent: (count) => sent += count,
  });
  assert.equal(sent, 30_001);
  assert.deepEqual(log.keys, Array.from({ length: 30_001 }, (_, i) => String(i)));
  assert.equal(log.largest, SEND_ROWS);
  assert.ok(log.mostInFlight > 1 && log.mostInFlight <= 3);
});

Deno.test("large rows make sends of fewer rows, below what a broker takes at once", async () => {
  const log = new Log();
  await sendRows({
    feed: numbered(100, 200_000),
    producer: log,
    pace: pace(0, SEND_ROWS),
    signal: NEVER,
    onSent: () => {},
  });
  assert.equal(log.keys.length, 100);
  assert.ok(log.largest <= 3);
});

Deno.test("it stops at the count, to the row", async () => {
  for (const count of [0, 1, SEND_ROWS, SEND_ROWS + 1]) {
    const log = new Log();
    await sendRows({
      feed: numbered(20_000),
      producer: log,
      pace: pace(0, SEND_ROWS),
      count,
      signal: NEVER,
      onSent: () => {},
    });
    assert.equal(log.keys.length, count);
  }
});

Deno.test("what is not acknowledged is not counted, and all in flight is settled before it fails", async () => {
  const log = new Log(async (send) => {
    await tick();
    if (send === 2) throw new Failure("service", "the broker refused");
    if (send === 3) await tick();
  });
  let sent = 0;
  await assert.rejects(
    sendRows({
      feed: numbered(100_000),
      producer: log,
      pace: pace(0, SEND_ROWS),
      signal: NEVER,
      onSent: (count) => sent += count,
    }),
    /the broker refused/,
  );
  assert.equal(log.inFlight, 0);
  assert.equal(sent, log.keys.length);
  assert.ok(sent >= 2 * SEND_ROWS && sent < 10 * SEND_ROWS, `${sent} sent`);
});

Deno.test("an abort finishes what is in flight, counts it and is no failure", async () => {
  const controller = new AbortController();
  const log = new Log(tick);
  let sent = 0;
  await sendRows({
    feed: numbered(Infinity),
    producer: log,
    pace: pace(0, SEND_ROWS),
    signal: controller.signal,
    onSent: (count) => {
      sent += count;
      if (sent > 20_000) controller.abort();
    },
  });
  assert.equal(log.inFlight, 0);
  assert.ok(sent > 20_000);
  assert.equal(sent, log.keys.length);
});

Deno.test("a feed that fails ends it after what was sent before", async () => {
  const log = new Log(tick);
  const feed = numbered(Infinity);
  let calls = 0;
  const failing: RowFeed = {
    ...feed,
    next: (max) =>
      ++calls > 3 ? Promise.reject(new Failure("failed", "disk gone")) : feed.next(max),
  };
  let sent = 0;
  await assert.rejects(
    sendRows({
      feed: failing,
      producer: log,
      pace: pace(0, SEND_ROWS),
      signal: NEVER,
      onSent: (count) => sent += count,
    }),
    /disk gone/,
  );
  assert.equal(sent, 3 * SEND_ROWS);
});
