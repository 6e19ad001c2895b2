import { rowLine } from "../../mod/live/watch_row.ts";
import assert from "node:assert/strict";
import { watchFrame } from "../../mod/live/watch_frame.ts";
import { WatchState } from "../../mod/live/watch_state.ts";
import { sparkline } from "../../mod/live/sparkline.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { runTicklake, spawnTicklake } from "../services/services.ts";

const schema = await loadSchema();

function seen(quotes: Array<[symbol: string, close: number]>): WatchState {
  const state = new WatchState(schema, "index-quotes");
  const reader = new MessageReader(schema, (value) => checkMessage(schema, value));
  for (const [Index, close] of quotes) {
    const quote = {
      Index,
      Date: "2024-01-02",
      Open: close,
      High: close,
      Low: close,
      Close: close,
      "Adj Close": close,
      Volume: 1,
      CloseUSD: close,
    };
    assert.equal(reader.read(new TextEncoder().encode(JSON.stringify(quote))), null);
    state.take(reader);
  }
  return state;
}

// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[[0-9;]*m/g;

Deno.test("the view has a line an index: date, last close, change, rows and a sparkline", () => {
  const state = seen([["NYA", 100], ["HSI", 5], ["NYA", 110]]);
  const lines = watchFrame(state, { columns: 100, rows: 24 }, false, performance.now());
  const [nya] = lines.filter((line) => line.includes("NYA"));
  assert.match(nya, /^ {2}NYA +2024-01-02 +110\.00 +\+10\.00% +2 {2}▁█$/);
  const [hsi] = lines.filter((line) => line.includes("HSI"));
  assert.match(hsi, /^ {2}HSI +2024-01-02 +5\.00 +1 {2}$/);
  assert.ok(lines.indexOf(hsi) < lines.indexOf(nya));
});

Deno.test("the view tells lag, rejections, the last flush, and why it is not ready", () => {
  const state = seen([["NYA", 100]]);
  state.event({ kind: "position", partition: 0, next: 40, highWatermark: 100 });
  state.event({ kind: "position", partition: 1, next: 7, highWatermark: 7 });
  state.event({ kind: "rejected", partition: 0, reason: "not JSON", count: 3 });
  const size = { columns: 160, rows: 24 };
  const report = { partition: 1, first: 0, last: 6, rows: 7, rejected: 0, objects: 1, bytes: 2048 };
  state.event({ kind: "flushed", flush: { ...report, seconds: 0.1 } });
  const text = watchFrame(state, size, false, performance.now() + 4000).join("\n");
  assert.match(text, /lag 60 {3}rejected 3/);
  assert.match(text, /last flush 4 s ago: partition 1, offsets 0 to 6; 1 object, 2\.0 KiB/);
  assert.match(text, /last rejected: not JSON/);
  state.event({ kind: "ready", ready: false, why: "the lake cannot be written" });
  assert.match(watchFrame(state, size, false, 0).at(-1)!, /the lake cannot be written/);
});

Deno.test("numbers of the view have separators, digits that tell prices apart, and no sign for nothing", () => {
  const state = seen([
    ...[["A", 10_000], ["A", 9_999.9], ["B", 10_000], ["B", 10_000.1], ["C", 10_000], ["C", 9_999]],
    ...[["D", 1.0854], ["D", 1.08551], ["E", 0.00001234], ["F", 2], ["F", 2_468], ["G", 5]],
    ...[["H", 1_712_345_678.9], ["I", 1e-4], ["I", 1e4]],
  ] as Array<[string, number]>);
  state.event({ kind: "position", partition: 0, next: 0, highWatermark: 1_234_567 });
  state.event({ kind: "rejected", partition: 0, reason: "not JSON", count: 1_234 });
  const size = { columns: 120, rows: 24 };
  const lines = watchFrame(state, size, true, performance.now());
  assert.match(lines[0], /lag 1,234,567 {3}rejected 1,234/);
  const texts = lines.map((line) => line.replace(ESCAPES, ""));
  const line = (symbol: string) => texts.findIndex((text) => text.startsWith(`  ${symbol} `));
  const shown = (symbol: string) => texts[line(symbol)].slice(26, 48).trim().split(/ +/);
  assert.deepEqual(shown("A"), ["9,999.90", "0.00%"]);
  assert.deepEqual(shown("B"), ["10,000.10", "0.00%"]);
  assert.deepEqual(shown("C"), ["9,999.00", "-0.01%"]);
  assert.deepEqual(shown("D"), ["1.0855", "+0.01%"]);
  assert.deepEqual(shown("E"), ["0.00001234"]);
  assert.deepEqual(shown("F"), ["2,468.00", "+123.3K%"]);
  assert.deepEqual(shown("G"), ["5.00"]);
  assert.deepEqual(shown("H"), ["1.7B"]);
  assert.deepEqual(shown("I"), ["10,000.00", "+10B%"]);
  // deno-lint-ignore no-control-regex
  const colour = (symbol: string) => /\x1b\[3[12]m/.exec(lines[line(symbol)])?.[0];
  assert.deepEqual(["A", "B"].map(colour), [undefined, undefined]);
  assert.deepEqual(["C", "D"].map(colour), ["\x1b[31m", "\x1b[32m"]);
  // Each number of a row ends below its heading.
  for (const symbol of "ABCDEFGHI") assert.equal(texts[line(symbol)][56].trim().length, 1, symbol);
  const few = watchFrame(state, { ...size, rows: 8 }, false, performance.now());
  assert.ok(few.includes("and 7 more"), few.join("\n"));
});

Deno.test("no line is wider and no frame higher than the terminal, whatever its size", () => {
  const many = Array.from({ length: 40 }, (_, i): [string, number] => [`INDEX-${i}`, i]);
  const state = seen([...many, ...many]);
  state.event({ kind: "position", partition: 0, next: 0, highWatermark: 1e9 });
  for (const columns of [20, 40, 58, 59, 80, 200]) {
    for (const rows of [6, 10, 24, 60]) {
      const lines = watchFrame(state, { columns, rows }, true, performance.now());
      assert.ok(lines.length <= rows, `${lines.length} lines for ${rows}`);
      for (const line of lines) {
        const width = line.replace(ESCAPES, "").length;
        assert.ok(width <= columns, `${width} columns for ${columns}: ${line}`);
      }
    }
  }
});

Deno.test("without colour there is no escape in the view, and no symbol can bring one", () => {
  const state = seen([["\x1b[2J\x07evil", 1], ["\u202eHSI", 2]]);
  const text = watchFrame(state, { columns: 100, rows: 24 }, false, 0).join("\n");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\u202e]/);
  assert.match(text, /evil/);
});

Deno.test("a sparkline goes from its least to its largest", () => {
  assert.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8]), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([5, 5]), "▄▄");
});

Deno.test("where there is no terminal, consume --watch prints a line a row, in JSON with --json", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-watch-" });
  try {
    const own = ["--home", home];
    await runTicklake(["produce", ...own, "--mode", "replay", "--rate", "max", "-n", "50"]);
    const consume = ["consume", ...own, "--until-end", "--watch"];
    const text = await runTicklake(consume);
    assert.equal(text.code, 0, text.stderr);
    const lines = text.stdout.trimEnd().split("\n");
    assert.equal(lines.length, 51);
    assert.match(lines[0], /^partition=\d offset=0 Index=\S+ Date="\d{4}-\d\d-\d\d" Open=/);
    // The log lies beside it; what was read is read again into another lake.
    await Deno.rename(`${home}/lake`, `${home}/former`);
    const json = await runTicklake([...consume, "--json"]);
    const documents = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const rows = documents.slice(0, -1);
    assert.equal(rows.length, 50);
    assert.equal(new Set(rows.map(({ partition, offset }) => `${partition} ${offset}`)).size, 50);
    assert.equal(documents.at(-1).written, 50);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a row is visible when it is read, not when it is written", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-watch-" });
  try {
    const produce = ["produce", "--home", home, "--seed", "1", "--count", "1"];
    await runTicklake(produce);
    await using consume = spawnTicklake(
      ["consume", "--watch", "--home", home, "--flush-interval", "1h"],
    );
    await consume.waitFor(/^partition=\d offset=0 Index=/m);
    await runTicklake(produce);
    await consume.waitFor(/^partition=\d offset=1 Index=/m);
    const folders = [...Deno.readDirSync(`${home}/lake`)].map(({ name }) => name);
    assert.ok(!folders.includes("index_quotes"), folders.join());
    const { code, stdout } = await consume.stop();
    assert.equal(code, 0);
    assert.match(stdout, /read 2 messages, wrote 2 rows/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a row that is piped is a line of logfmt, quoted where a name or value is not one plain word", () => {
  const row = { partition: 1, offset: 2, timestamp: "2026-01-01T00:00:00.000Z" };
  const values = {
    Index: "HSI",
    "Adj Close": 73,
    Date: "2020-01-02",
    Note: 'say "a=b"',
    Empty: "",
    Number: "12",
    Volume: null,
    Text: "null",
  };
  assert.equal(
    rowLine({ ...row, ...values }),
    'partition=1 offset=2 Index=HSI "Adj Close"=73 Date="2020-01-02" Note="say \\"a=b\\"" Empty="" ' +
      'Number="12" Volume=null Text="null"',
  );
});
