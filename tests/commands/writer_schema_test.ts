import assert from "node:assert/strict";
import { avroWriter } from "../../mod/message/avro/avro_writer.ts";
import { CONFLUENT_FRAME } from "../../mod/message/registry/frame.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { registryStub } from "../services/registry_stub.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, withEmbedded } from "./consume_place.ts";

const TRADE: RowSchema = {
  table: "trade",
  key: "symbol",
  notBelow: [],
  columns: [
    { wire: "symbol", name: "symbol", type: "string", required: true },
    { wire: "at", name: "at", type: "timestamp", required: true },
    { wire: "price", name: "price", type: "double", required: true },
    { wire: "size", name: "size", type: "long", required: false },
  ],
};
const TRADES = avroWriter(TRADE);
const AT = "2024-02-29 12:00:00.123";

/** Messages of trades, with the frame of a registry where they have an id. */
function trades(count: number, id?: number) {
  return Array.from({ length: count }, (_, i) => {
    const payload = TRADES.write({ symbol: "HSI", at: AT, price: i + 0.5, size: i });
    return { key: "HSI", value: id === undefined ? payload : CONFLUENT_FRAME.framed(id, payload) };
  });
}

/** A registry with the trades' schema, id 7, that the place's commands read Avro messages by. */
function registryOf(place: ConsumePlace): ReturnType<typeof registryStub> {
  const subject = `${place.topic}-value`;
  const registry = registryStub({ [subject]: { id: 7, schema: TRADES.text } });
  Object.assign(place.env, {
    TICKLAKE_MESSAGE_FORMAT: "avro",
    SCHEMA_REGISTRY_URL: registry.url,
  });
  return registry;
}

const run = (place: ConsumePlace, ...args: string[]) => runTicklake(args, place);

Deno.test("consume without a schema refuses messages of another one before it writes; schema infer makes it", () =>
  withEmbedded(async (place) => {
    await using _ = registryOf(place);
    await place.send(trades(3, 7));
    const refused = await place.run("--until-end");
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(
      refused.stderr,
      /holds no rows of the default schema, index_quotes: schema 7 of subject \S+ has no field for Date, Open, .*\n {2}fix: `ticklake schema infer > \S+\.schema\.json`/,
    );
    assert.deepEqual(await place.objects(), []);

    const inferred = await run(place, "schema", "infer");
    assert.equal(inferred.code, 0, inferred.stderr);
    assert.match(
      inferred.stdout,
      /^\/\/ Made by `ticklake schema infer --topic \S+` from schema 7 of/,
    );
    assert.match(inferred.stdout, /--message-format avro \(TICKLAKE_MESSAGE_FORMAT\)/);
    await Deno.writeTextFile(`${place.cwd}/trades.json`, inferred.stdout);
    place.env.TICKLAKE_SCHEMA = "trades.json";
    const { summary } = await place.toEnd();
    assert.deepEqual([summary.written, summary.rejected], [3, 0]);
    const table = JSON.parse(inferred.stdout.replace(/^\s*\/\/.*$/gm, "")).table;
    const sql = `SELECT symbol, "at", price, size FROM ${table} ORDER BY price`;
    const asked = await run(place, "query", "--json", sql);
    assert.deepEqual(JSON.parse(asked.stdout)[1], { symbol: "HSI", at: AT, price: 1.5, size: 1 });
  }));

Deno.test("a schema that the user has chosen is warned of, before the first object is written", () =>
  withEmbedded(async (place) => {
    await using _ = registryOf(place);
    place.env.TICKLAKE_SCHEMA = "index_quotes";
    await place.send(trades(3, 7));
    await using consumer = place.start("--flush-interval", "1h");
    await consumer.waitFor(/schema 7 of the registry: no field for Date.*`ticklake schema infer`/);
    await consumer.waitFor(/none of the first messages .*\n.*`ticklake schema infer` makes one/);
    assert.deepEqual(await place.objects(), []);
    await consumer.stop();
  }));

Deno.test("a writer's schema in a file: infer, and consume without a schema refuses it too", () =>
  withEmbedded(async (place) => {
    await Deno.writeTextFile(`${place.cwd}/trade.avsc`, TRADES.text);
    Object.assign(place.env, {
      TICKLAKE_MESSAGE_FORMAT: "avro",
      TICKLAKE_MESSAGE_SCHEMA: "trade.avsc",
    });
    await place.send(trades(2));
    const refused = await place.run("--until-end");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /trade\.avsc has no field for Date/);
    const inferred = await run(place, "schema", "infer", "trade.avsc");
    assert.equal((await run(place, "schema", "infer")).stdout, inferred.stdout);
    await Deno.writeTextFile(`${place.cwd}/trade.json`, inferred.stdout);
    const { summary } = await place.toEnd("--schema", "trade.json");
    assert.deepEqual([summary.written, summary.rejected], [2, 0]);
  }));

Deno.test("consume without a schema asks the registry once for what it reads by, and opens a schema file once", () =>
  withEmbedded(async (place) => {
    const writer = avroWriter(await loadSchema());
    const row = { Index: "HSI", Date: "2024-02-29", Open: 1, High: 2, Low: 1, Close: 2, Volume: 3 };
    const subject = `${place.topic}-value`;
    await using registry = registryStub({ [subject]: { id: 9, schema: writer.text } });
    place.env.TICKLAKE_MESSAGE_FORMAT = "avro";
    await place.send([{ key: "HSI", value: CONFLUENT_FRAME.framed(9, writer.write(row)) }]);
    const { summary } = await place.toEnd("--schema-registry", registry.url);
    assert.equal(summary.written, 1);
    assert.deepEqual(registry.asked, [
      "/subjects",
      `/subjects/${subject}/versions/latest`,
      "/schemas/ids/9",
    ]);

    // A pipe gives its content once, as `--message-schema <(curl …)` does.
    const pipe = `${place.cwd}/pipe.avsc`;
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    await place.send([{ key: "HSI", value: writer.write(row) }]);
    const [second] = await Promise.all([
      place.toEnd("--message-schema", pipe),
      Deno.writeTextFile(pipe, writer.text),
    ]);
    assert.equal(second.summary.written, 1, second.stderr);
  }));

Deno.test("schema infer takes .proto files and JSON Schemas, and files of rows as before", () =>
  withEmbedded(async (place) => {
    const write = (name: string, text: string) => Deno.writeTextFile(`${place.cwd}/${name}`, text);
    await write("b.proto", 'syntax = "proto3"; message B { double bid = 1; }');
    await write("a.proto", 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }');
    const proto = await run(place, "schema", "infer", "a.proto");
    assert.match(proto.stdout, /"table": "a",/, proto.stderr);
    assert.match(proto.stdout, /\{"wire":"b\.bid","name":"b_bid","type":"double"\}/);
    await write(
      "q.json",
      '{"type":"object","properties":{"x":{"type":"boolean"},"y":{"type":"number"}}}',
    );
    const json = await run(place, "schema", "infer", "q.json");
    assert.match(json.stdout, /\/\/ Left out: x: no column/, json.stderr);
    assert.match(json.stdout, /\{"wire":"y","name":"y","type":"double"\}/);
    await write("rows.json", '{"type":"object","p":1.5}\n{"type":"x","p":2.5}\n');
    const rows = await run(place, "schema", "infer", "rows.json");
    assert.match(rows.stdout, /from 2 rows.*"wire":"p"/s, rows.stderr);
    await write("bad.avsc", '{"type":"record"}');
    const bad = await run(place, "schema", "infer", "bad.avsc");
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /schema infer bad\.avsc: /);
  }));

Deno.test("schema infer: a subject by its name, one that is not there, and no registry", () =>
  withEmbedded(async (place) => {
    const text = TRADES.text;
    await using registry = registryStub({ "feed.Trade": { id: 3, schema: text } });
    place.env.SCHEMA_REGISTRY_URL = registry.url;
    const own = await run(place, "schema", "infer", "--subject", "feed.Trade");
    assert.match(own.stdout, /"table": "feed_trade",/, own.stderr);
    assert.match(own.stdout, /Set --topic \(KAFKA_TOPIC\) too/);
    const absent = await run(place, "schema", "infer", "--topic", "trades");
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /has no subject trades-value\n {2}fix: .*--subject/);
    place.env.SCHEMA_REGISTRY_URL = "http://127.0.0.1:1";
    assert.equal((await run(place, "schema", "infer")).code, 3);
    delete place.env.SCHEMA_REGISTRY_URL;
    const none = await run(place, "schema", "infer");
    assert.equal(none.code, 2);
    assert.match(none.stderr, /SCHEMA_REGISTRY_URL, and --topic or --subject/);
    // A broken schema elsewhere in the settings is no reason not to make one.
    place.env.TICKLAKE_SCHEMA = "absent.json";
    assert.equal((await run(place, "schema", "list")).code, 0);
  }));

Deno.test("consume waits for a registry that is away: no dead letters, and it goes on when it appears", () =>
  withEmbedded(async (place) => {
    const schema = await loadSchema();
    const writer = avroWriter(schema);
    const port = freePort();
    Object.assign(place.env, {
      TICKLAKE_MESSAGE_FORMAT: "avro",
      SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}`,
      TICKLAKE_FLUSH_INTERVAL: "100ms",
    });
    const row = { Index: "HSI", Date: "2024-02-29", Open: 1, High: 2, Low: 1, Close: 2, Volume: 3 };
    const value = CONFLUENT_FRAME.framed(9, writer.write(row));
    await place.send(Array.from({ length: 5 }, () => ({ key: "HSI", value })));
    await using consumer = place.start("--json");
    await consumer.waitFor(/waiting for schema 9; its messages stay in the topic/);
    assert.deepEqual(await place.objects(), []);
    await using _ = registryStub(
      { [`${place.topic}-value`]: { id: 9, schema: writer.text } },
      port,
    );
    await consumer.waitFor(/fetched schema 9/);
    const deadline = Date.now() + 30_000;
    while ((await place.objects()).length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { stdout } = await consumer.stop();
    const { written, rejected } = JSON.parse(stdout);
    assert.deepEqual([written, rejected], [5, 0]);
    assert.ok((await place.objects()).every((name) => !name.includes("dead_letter")));
  }));
