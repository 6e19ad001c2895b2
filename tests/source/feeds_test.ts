import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { encodeCsvRow } from "../../mod/schema/parse_csv_row.ts";
import { findInput, type Input } from "../../mod/source/input.ts";
import { replay } from "../../mod/source/replay.ts";
import { sample } from "../../mod/source/sample.ts";
import type { RowFeed } from "../../mod/source/row_feed.ts";
import { withFile } from "./input_file.ts";
import { inMemory } from "./outcome.ts";

const quotes = await loadSchema();
const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD";
const row = (key: string) => `${key},1987-01-02,5,6,4,5,5,0.0,0.65`;
const file = (...keys: string[]) => [HEADER, ...keys.map(row)].join("\n") + "\n";

/** A pipe: an input that is read once, in small pieces. */
function pipe(content: string, sizes = [100]): Input {
  return {
    name: "stdin",
    description: "standard input",
    isFile: false,
    isSeekable: false,
    open: () => Promise.resolve(inMemory(content, sizes)),
  };
}

/** Keys of the next rows, at most `count`, asked for by `max` at a time. */
async function keys(feed: RowFeed, count: number, max = 7): Promise<string[]> {
  const keys: string[] = [];
  while (keys.length < count) {
    const rows = await feed.next(Math.min(max, count - keys.length));
    if (rows === null) break;
    assert.ok(rows.length > 0 && rows.length <= max);
    keys.push(...rows.map(({ key }) => key!));
  }
  return keys;
}

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(() => null, (error) => error);
  assert.ok(error instanceof Failure, String(error));
  return error;
}

Deno.test("replay gives the rows in the file's order, however many are asked for at once", async () => {
  const names = Array.from({ length: 5000 }, (_, i) => `I${i}`);
  await withFile(file(...names), async (path) => {
    for (const max of [1, 7, 4000, Infinity]) {
      const feed = await replay(await findInput(path), quotes, { onRejected: assert.fail });
      assert.deepEqual(await keys(feed, Infinity, max), names);
      assert.equal(await feed.next(1), null);
      feed.close();
    }
  });
});

Deno.test("the shipped quotes are replayed as the careful way writes them, over many buffers", async () => {
  const text = await Deno.readTextFile(new URL("../../data/indexProcessed.csv", import.meta.url));
  const lines = text.trimEnd().split("\n").slice(1).map((line) => line.split(","));
  const feed = await replay(await findInput(undefined), quotes, { onRejected: assert.fail });
  for (let at = 0; at < lines.length;) {
    for (const { key, value } of (await feed.next(4000))!) {
      assert.equal(key, lines[at][0]);
      assert.equal(new TextDecoder().decode(value), encodeCsvRow(quotes, lines[at++]));
    }
  }
  assert.equal(await feed.next(1), null);
  feed.close();
});

Deno.test("a pipe's rows are given as soon as they are there", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const input: Input = {
    ...pipe(""),
    open: () =>
      Promise.resolve({
        ...inMemory(""),
        read: async (into) => {
          const { value } = await reader.read();
          if (value === undefined) return null;
          into.set(value);
          return value.length;
        },
      }),
  };
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  const opening = replay(input, quotes, { onRejected: assert.fail });
  await write(`${HEADER}\n`);
  const feed = await opening;
  for (const key of ["A", "B"]) {
    const next = feed.next(10);
    await write(`${row(key)}\n`);
    assert.deepEqual((await next)!.map(({ key }) => key), [key]);
  }
  await writer.close();
  assert.equal(await feed.next(10), null);
});

Deno.test("replay with loop begins again, and counts broken rows in every round", async () => {
  let rejected = 0;
  await withFile(file("A", "B") + "broken\n", async (path) => {
    const feed = await replay(await findInput(path), quotes, {
      loop: true,
      onRejected: () => rejected++,
    });
    assert.equal((await keys(feed, 7)).join(""), "ABABABA");
    feed.close();
  });
  assert.equal(rejected, 3);
});

Deno.test("a broken row is reported when the rows behind it are given, not before", async () => {
  const lines: number[] = [];
  const text = `${HEADER}\nbroken\n${row("A")}\nbroken\n${row("B")}\n${row("C")}\nbroken\n`;
  await withFile(text, async (path) => {
    const onRejected = (line: number) => lines.push(line);
    const feed = await replay(await findInput(path), quotes, { onRejected });
    const given = [];
    for (const max of [1, 1, 1, 1]) {
      const rows = await feed.next(max);
      given.push([rows?.[0].key ?? "end", ...lines]);
    }
    assert.deepEqual(given, [["A", 2], ["B", 2, 4], ["C", 2, 4], ["end", 2, 4, 7]]);
    feed.close();
  });
});

Deno.test("loop over a pipe, or over nothing, is refused", async () => {
  const options = { loop: true, onRejected: () => {} };
  const { message, exitCode } = await failure(replay(pipe(file("A")), quotes, options));
  assert.match(message, /^--loop: standard input can be read only once/);
  assert.equal(exitCode, 2);
  await withFile(HEADER + "\nbroken\n", async (path) => {
    const feed = await replay(await findInput(path), quotes, options);
    assert.match((await failure(feed.next(1))).message, /has no valid row$/);
    feed.close();
  });
});

Deno.test("an abort ends the waiting for a pipe", async () => {
  const silent: Input = {
    ...pipe(""),
    open: () => Promise.resolve({ ...inMemory(""), read: () => new Promise(() => {}) }),
  };
  for (const open of [replay, sample]) {
    const controller = new AbortController();
    const opening = open(silent, quotes, { onRejected: () => {}, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stopped")), 1);
    await assert.rejects(opening, /stopped/);
  }
});

Deno.test("a replay that is stopped between two rounds closes each file once", async () => {
  const controller = new AbortController();
  const closed: number[] = [];
  const input: Input = {
    ...pipe(""),
    isFile: true,
    open() {
      const file = inMemory(`${HEADER}\n${row("A")}\n`);
      const number = closed.push(0) - 1;
      if (number === 1) controller.abort(new Error("stopped"));
      return Promise.resolve({ ...file, close: () => closed[number]++ });
    },
  };
  const options = { loop: true, onRejected: () => {}, signal: controller.signal };
  const feed = await replay(input, quotes, options);
  await feed.next(1);
  await assert.rejects(feed.next(1), /stopped/);
  feed.close();
  assert.deepEqual(closed, [1, 1]);
});

Deno.test("sample draws every valid row equally often, from a file and from a pipe", async () => {
  const names = Array.from({ length: 50 }, (_, i) => `I${i}`);
  // Broken rows, rows over several lines and rows of very different lengths in between.
  const text = HEADER + "\n" +
    names.map((name, i) =>
      i % 3 === 0
        ? `${row(name)}${"0".repeat(i * 100)}\nbroken "row\n\n`
        : i % 3 === 1
        ? `${row(`"${name}"`)}\n${"x".repeat(i * 5000)}\n`
        : `${row(`"${name}""\n"`)}\r\n`
    ).join("");
  const draws = 20_000;
  await withFile(text, async (path) => {
    for (const input of [await findInput(path), pipe(text, [5000])]) {
      let rejected = 0;
      const feed = await sample(input, quotes, { seed: 1, onRejected: () => rejected++ });
      const counts = new Map<string, number>();
      for (const key of await keys(feed, draws, 1000)) counts.set(key, (counts.get(key) ?? 0) + 1);
      feed.close();
      assert.ok(rejected > 30);
      assert.deepEqual(
        [...counts.keys()].map((key) => key.replace(/\D/g, "")).sort((a, b) => +a - +b),
        names.map((name) => name.slice(1)),
      );
      // Chi-square with 49 degrees of freedom: above 85 once in a thousand seeds.
      const expected = draws / names.length;
      let chi = 0;
      for (const count of counts.values()) chi += (count - expected) ** 2 / expected;
      assert.ok(chi < 85, `chi-square ${chi}`);
    }
  });
});

Deno.test("the same seed draws the same rows, another one others, none different ones each time", async () => {
  const draw = async (seed?: number) => {
    const feed = await sample(await findInput(undefined), quotes, {
      seed,
      onRejected: assert.fail,
    });
    const rows = (await feed.next(20))!.map(({ value }) => new TextDecoder().decode(value));
    feed.close();
    return rows.join("\n");
  };
  assert.equal(await draw(7), await draw(7));
  assert.notEqual(await draw(7), await draw(8));
  assert.notEqual(await draw(7), await draw(7 + 2 ** 32));
  assert.notEqual(await draw(), await draw());
});

Deno.test("sampling from no valid row, or from a file that shrinks, is a failure that says so", async () => {
  await withFile(HEADER + "\nbroken\n", async (path) => {
    const input = await findInput(path);
    const { message } = await failure(sample(input, quotes, { onRejected: () => {} }));
    assert.match(message, /has no valid row to sample from$/);
  });
  await withFile(file(..."ABCDEFGH"), async (path) => {
    const feed = await sample(await findInput(path), quotes, { onRejected: assert.fail });
    await Deno.truncate(path, 0);
    assert.match((await failure(feed.next(1))).message, /was changed while rows were sampled/);
    feed.close();
  });
});

Deno.test("an input that cannot be read is a usage failure that names it", async () => {
  for (
    const [path, why] of [["no/such.csv", /No such file|cannot find/], [".", /it is a directory/]]
  ) {
    const error = await failure(findInput(path as string));
    assert.ok(error.message.startsWith(`input ${path} cannot be read: `));
    assert.match(error.message, why as RegExp);
    assert.equal(error.exitCode, 2);
  }
});
