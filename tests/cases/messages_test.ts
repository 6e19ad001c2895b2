import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { countText } from "../../mod/terminal/amount_text.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { lenientBy } from "../../mod/schema/lenience.ts";
import { messageCheck } from "../../mod/message/message_check.ts";
import { type ConsumePlace, withEmbedded, withKafka } from "../commands/consume_place.ts";
import { kafka, runTicklake, serviceTest } from "../services/services.ts";
import { MESSAGE_CASES, type MessageCase } from "./message_cases.ts";

/** JSON of a row's columns; whole numbers beyond 2^53 as texts. */
function exactRows(json: string): Array<Record<string, unknown>> {
  return JSON.parse(json.replace(/(?<=: ?)\d{16,}(?=[,}\s])/g, '"$&"'));
}

const LINES = (await Deno.readTextFile(new URL("messages/messages.jsonl", import.meta.url)))
  .trim().split("\n").map((line) =>
    JSON.parse(line) as { case: string; value?: unknown; raw?: string }
  );

/** The message's bytes as text. */
function messageOf(name: string): string {
  const line = LINES.find((one) => one.case === name)!;
  return line.raw ?? JSON.stringify(line.value);
}

Deno.test("each message has a case", () => {
  assert.deepEqual(LINES.map((line) => line.case), MESSAGE_CASES.map(({ name }) => name));
});

Deno.test("each message takes one word or a schema to be a row, and has a reason without", async () => {
  const quotes = await loadSchema();
  for (const { name, lenient, schema, reason } of MESSAGE_CASES) {
    const value = new TextEncoder().encode(messageOf(name));
    assert.ok(String(messageCheck(quotes)(value)).startsWith(reason), name);
    if (schema !== undefined) continue;
    const row = messageCheck(lenientBy(quotes, lenient))(value);
    assert.ok(Array.isArray(row), `${name}: ${row}`);
  }
});

/** Writes the topic's messages of the cases to the lake and asks for their rows. */
async function fromTopicToSql(place: ConsumePlace, cases: readonly MessageCase[]): Promise<void> {
  const run = (args: string[]) => runTicklake(args, { ...place, binary: true });
  await place.send(cases.map(({ name }) => ({ key: "k", value: messageOf(name) })));
  const [{ schema }] = cases;
  if (schema !== undefined) {
    await Deno.writeTextFile(`${place.cwd}/own.json`, JSON.stringify(schema));
    place.env.TICKLAKE_SCHEMA = "own.json";
  }
  const words = cases.flatMap(({ lenient = [] }) => lenient).join();
  const lenient = words === "" ? [] : ["--lenient", words];
  const consumed = await run(["consume", "--until-end", ...lenient]);
  const wanted = cases.flatMap(({ name, row, more = [] }) => [
    row.raw === undefined ? row : { ...row, raw: messageOf(name) },
    ...more,
  ]);
  const wrote = `wrote ${countText(wanted.length, "row")} and 0 dead letters`;
  assert.ok(consumed.stdout.includes(wrote), consumed.stdout + consumed.stderr);
  const table = (schema as { table: string } | undefined)?.table ?? "index_quotes";
  const sql = `SELECT * FROM ${table} ORDER BY kafka_offset`;
  const found = exactRows((await run(["query", "--json", sql])).stdout);
  assert.equal(found.length, wanted.length);
  wanted.forEach((row, i) => {
    const own = Object.fromEntries(Object.keys(row).map((name) => [name, found[i][name]]));
    assert.deepEqual(own, row);
  });
}

/** The cases by what one `consume` can read: those of the default schema, and each with its own. */
const TOPICS = [
  MESSAGE_CASES.filter(({ schema }) => schema === undefined),
  ...MESSAGE_CASES.filter(({ schema }) => schema !== undefined).map((one) => [one]),
];

for (const cases of TOPICS) {
  const name = cases.length === 1 ? cases[0].name : "of the default schema";
  serviceTest(
    `messages, ${name}: from the topic to SQL (embedded)`,
    { needs: ["binary"] },
    () => withEmbedded((place) => fromTopicToSql(place, cases)),
  );
  serviceTest(
    `messages, ${name}: from the topic to SQL (Kafka)`,
    { needs: ["binary", "kafka"] },
    () => withKafka((place) => fromTopicToSql(place, cases)),
  );
}

serviceTest(
  "messages where nothing is declared: a row, or a dead letter with its reason",
  { needs: ["binary"] },
  () =>
    withEmbedded(async (place) => {
      const run = (args: string[]) => runTicklake(args, { ...place, binary: true });
      await place.send(MESSAGE_CASES.map(({ name }) => ({ key: "k", value: messageOf(name) })));
      const { stdout } = await run(["consume", "--until-end"]);
      assert.match(stdout, / wrote 1 row and 9 dead letters /);
      const listed = await run(["dead-letters", "list", "--json"]);
      const letters = JSON.parse(listed.stdout).counts as Array<
        { reason: string; first: number; last: number }
      >;
      MESSAGE_CASES.forEach(({ name, reason }, offset) => {
        const why = letters.filter(({ first, last }) => first <= offset && offset <= last);
        // What is a row has its first value in place of a reason.
        const isRow = reason === "HSI";
        assert.equal(why.some((letter) => letter.reason.startsWith(reason)), !isRow, name);
      });
    }),
);

serviceTest(
  "key, headers and the value as it is, from Kafka to SQL",
  { needs: ["binary", "kafka"] },
  () =>
    withKafka(async (place) => {
      const columns = [
        { wire: "venue", name: "venue", type: "string", required: true, from: "header:venue" },
        { wire: "seq", name: "seq", type: "long", from: "header:seq" },
        { wire: "k", name: "k", type: "string", from: "key" },
        { wire: "raw", name: "raw", type: "string", from: "value" },
      ];
      await Deno.writeTextFile(`${place.cwd}/own.json`, JSON.stringify({ table: "raws", columns }));
      place.env.TICKLAKE_SCHEMA = "own.json";
      const client = new Kafka({ brokers: [kafka()!], logLevel: logLevel.NOTHING });
      const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await place.withBroker((broker) => broker.ensureTopic(place.topic, { partitions: 1 }));
      await producer.connect();
      await producer.send({
        topic: place.topic,
        messages: [
          { key: "A", value: "not JSON", headers: { venue: "XETR", seq: "9007199254740993" } },
          { key: null, value: Buffer.of(0xff), headers: { venue: ["first", "last"] } },
          { key: "B", value: "{}", headers: { seq: "1" } },
        ],
      });
      await producer.disconnect();
      const run = (args: string[]) => runTicklake(args, { ...place, binary: true });
      const consumed = await run(["consume", "--until-end"]);
      assert.match(consumed.stdout, /wrote 2 rows and 1 dead letter /, consumed.stderr);
      const sql = "SELECT venue, seq, k, raw FROM raws ORDER BY kafka_offset";
      assert.deepEqual(exactRows((await run(["query", "--json", sql])).stdout), [
        { venue: "XETR", seq: "9007199254740993", k: "A", raw: "not JSON" },
        { venue: "last", seq: null, k: null, raw: "/w==" },
      ]);
      const listed = await run(["dead-letters", "list", "--json"]);
      assert.equal(JSON.parse(listed.stdout).counts[0].reason, "venue is missing");
    }),
);

Deno.test("a line of CSV, and what fits no declared form", async () => {
  const check = messageCheck(lenientBy(await loadSchema(), "csv,numbers,epoch_ms"));
  const of = (text: string) => check(new TextEncoder().encode(text));
  assert.deepEqual(of("HSI,2022-01-03,101.5,102.5,100.5,101.0,101.0,1000,13.13"), [
    "HSI",
    18995,
    101.5,
    102.5,
    100.5,
    101,
    101,
    1000,
    13.13,
  ]);
  assert.equal(of("HSI,2022-01-03"), "expected 9 fields, found 2");
  // As in a file: words for no value, blanks around numbers.
  const csv = messageCheck(lenientBy(await loadSchema(), "csv"));
  const line = new TextEncoder().encode('"H""S",2022-01-03, 1,2,1,2,N/A,3,');
  assert.deepEqual(csv(line), ['H"S', 18995, 1, 2, 1, 2, null, 3, null]);
  assert.match(String(of('{"Index":"HSI","Date":1641168000001}')), /^Date: expected YYYY-MM-DD/);
  assert.match(
    String(of('{"Index":"HSI","Date":"x","Open":"y"}')),
    /Open: expected a number, found "y"/,
  );
  assert.throws(
    () => lenientBy({ table: "t", key: [], columns: [], notBelow: [] }, "numers"),
    /unknown word/,
  );
});

Deno.test("key, headers and the whole value as columns", () => {
  const check = messageCheck({
    table: "t",
    key: [],
    notBelow: [],
    columns: [
      { wire: "k", name: "k", type: "long", required: true, from: "key" },
      { wire: "h", name: "h", type: "string", required: true, from: "header:source" },
      { wire: "v", name: "v", type: "string", required: true, from: "value" },
    ],
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const headers = [["source", bytes("a")], ["source", bytes("b")]] as const;
  assert.deepEqual(check(bytes("no JSON"), { key: bytes("7"), headers }), [7, "b", "no JSON"]);
  assert.deepEqual(check(Uint8Array.of(0xff), { key: bytes("7"), headers }), [7, "b", "/w=="]);
  assert.equal(
    check(bytes(""), { key: null, headers: [] }),
    "k is missing; h is missing; v is missing",
  );
});

Deno.test("whole numbers beyond 2^53 keep their digits, up to 64 bits", async () => {
  const text = messageOf("a column above 2^53");
  const value = new TextEncoder().encode(text);
  const quotes = await loadSchema();
  for (const schema of [quotes, lenientBy(quotes, "names")]) {
    const check = messageCheck(schema);
    assert.equal((check(value) as unknown[])[7], 9007199254740993n);
    const of = (volume: string) =>
      check(new TextEncoder().encode(text.replace("9007199254740993", volume)));
    assert.equal((of("9223372036854775807") as unknown[])[7], 2n ** 63n - 1n);
    const wide = "Volume: number out of range, found 9223372036854775808";
    assert.equal(of("9223372036854775808"), wide);
    assert.equal(of("-9007199254740993"), "Volume -9007199254740993 is below 0");
  }
  const column = (wire: string, type: "string" | "double" | "date") => ({
    wire,
    name: wire,
    type,
    required: false,
  });
  const check = messageCheck({
    table: "t",
    key: [],
    lenient: ["names"],
    notBelow: [],
    columns: [
      column("o", "string"),
      column("d", "double"),
      column("s", "string"),
      column("t", "date"),
    ],
  });
  const of = (text: string) => check(new TextEncoder().encode(text));
  const nested = '{"id":9007199254740993,"list":[1,{"a":null}]}';
  assert.deepEqual(of(`{"o":${nested},"d":9007199254740993}`), [nested, 2 ** 53, null, null]);
  assert.equal(of('{"s":9007199254740993}'), "s: expected text, found 9007199254740993");
  assert.equal(of('{"t":9007199254740993}'), "t: expected YYYY-MM-DD, found 9007199254740993");
});
