import assert from "node:assert/strict";
import { openMessageForm } from "../../mod/message/open_message_form.ts";
import { avroWriter } from "../../mod/message/avro/avro_writer.ts";
import { protobufWriter } from "../../mod/message/protobuf/protobuf_writer.ts";
import { CONFLUENT_FRAME } from "../../mod/message/registry/frame.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";

const { framed } = CONFLUENT_FRAME;
const schema = await loadSchema();
const writer = avroWriter(schema);
const ROW = {
  Index: "HSI",
  Date: "2021-05-31",
  Open: 1.5,
  High: 2,
  Low: 1,
  Close: 1.25,
  "Adj Close": 1.25,
  Volume: 5,
  CloseUSD: 0.2,
};

/** A registry whose answers are given, the last one for ever. */
function registry(...answers: Response[]) {
  const asked: Array<string | null> = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(request.headers.get("authorization"));
    return (answers.length > 1 ? answers.shift()! : answers[0]).clone();
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function settings(registryUrl: string | undefined, more = {}) {
  return {
    messageFormat: "avro" as const,
    messageSchema: undefined,
    messageType: undefined,
    registryUrl,
    registryUser: undefined,
    registryPassword: undefined,
    ...more,
  };
}

const good = () => Response.json({ schema: writer.text });
const status = (status: number) => Response.json({ error_code: status, message: "no" }, { status });
const signal = new AbortController().signal;

Deno.test("a schema that cannot be had yet is waited for, and its messages become rows", async () => {
  await using server = registry(status(503), status(404), status(401), good());
  const more = { registryUser: "me", registryPassword: "secret" };
  const form = await openMessageForm(settings(server.url, more));
  const value = framed(7, writer.write(ROW));
  const troubles: Array<string | null> = [];
  const check = form.check(schema);
  await form.prepare!([null, value, value], {
    signal,
    onTrouble: (reason) => troubles.push(reason),
  });
  assert.deepEqual(troubles.map((text) => text?.match(/status \d+/)?.[0]), [
    "status 503",
    "status 404",
    "status 401",
    undefined,
  ]);
  assert.equal(troubles.at(-1), null);
  assert.deepEqual(check(value), ["HSI", 18778, 1.5, 2, 1, 1.25, 1.25, 5, 0.2]);
  assert.equal(server.asked.length, 4);
  assert.equal(server.asked[0], `Basic ${btoa("me:secret")}`);
  // Known from then on.
  assert.equal(form.prepare!([value], { signal }), undefined);
});

Deno.test("waiting for a schema ends with the signal, and with the patience", async () => {
  await using server = registry(status(404));
  const form = await openMessageForm(settings(server.url));
  const value = framed(7, writer.write(ROW));
  await assert.rejects(
    () => form.prepare!([value], { signal, patienceMs: 0 })!,
    (error) => error instanceof Failure && error.kind === "service" && /404/.test(error.message),
  );
  const stop = new AbortController();
  const waiting = form.prepare!([value], { signal: stop.signal })!;
  stop.abort(new Error("stop"));
  await assert.rejects(() => waiting, /stop/);
  const gone = await openMessageForm(settings("http://127.0.0.1:1"));
  await assert.rejects(
    () => gone.prepare!([value], { signal, patienceMs: 0 })!,
    /cannot be reached/,
  );
});

Deno.test("a damaged payload is rejected with a reason, wherever it is cut", async () => {
  await using server = registry(good());
  const form = await openMessageForm(settings(server.url));
  const value = framed(7, writer.write(ROW));
  await form.prepare!([value], { signal });
  const check = form.check(schema);
  for (let end = 0; end < value.length; end++) {
    const row = check(value.subarray(0, end));
    assert.match(row as string, end === 0 ? /empty/ : end < 5 ? /no schema id/ : /damaged payload/);
  }
  assert.match(check(new Uint8Array([...value, 0])) as string, /damaged payload: trailing data/);
  assert.match(check(new TextEncoder().encode(JSON.stringify(ROW))) as string, /no schema id/);
});

Deno.test("a schema that lacks a required column is told once, its messages are rejected", async () => {
  const text = '{"type":"record","name":"A","fields":[{"name":"Index","type":"string"}]}';
  await using server = registry(Response.json({ schema: text }));
  const form = await openMessageForm(settings(server.url));
  const value = framed(1, Uint8Array.of(2, 0x61));
  await form.prepare!([value], { signal });
  const notes: string[] = [];
  const check = form.check(schema, { note: (text) => notes.push(text) });
  assert.match(check(value) as string, /Date is missing/);
  check(value);
  assert.equal(notes.length, 1);
  assert.match(notes[0], /schema 1 of the registry: no field for Date, Open/);
});

Deno.test("what is no schema of a record is the reason of its messages", async () => {
  for (const text of ['"string"', "nonsense", '{"type":"record","name":"A"}']) {
    await using server = registry(Response.json({ schema: text }));
    const form = await openMessageForm(settings(server.url));
    const value = framed(1, Uint8Array.of(2, 0x61));
    await form.prepare!([value], { signal });
    assert.match(form.check(schema)(value) as string, /schema 1 of the registry cannot be used/);
  }
});

Deno.test("settings that do not fit each other are refused", async () => {
  const usage = (pattern: RegExp) => (error: unknown) =>
    error instanceof Failure && error.kind === "usage" && pattern.test(error.message);
  await assert.rejects(() => openMessageForm(settings(undefined)), usage(/no schema registry/));
  await assert.rejects(() => openMessageForm(settings("ftp://a")), usage(/http or https/));
  await assert.rejects(() => openMessageForm(settings("http://a:b@c")), usage(/must not contain/));
  const more = { messageSchema: "/nowhere.avsc" };
  await assert.rejects(() => openMessageForm(settings(undefined, more)), usage(/nowhere/));
});

Deno.test("a schema in a file reads messages without a frame", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, writer.text);
    const form = await openMessageForm(settings(undefined, { messageSchema: file }));
    assert.equal(form.prepare, undefined);
    const row = form.check(schema)(writer.write({ ...ROW, "Adj Close": undefined }));
    assert.deepEqual(row, ["HSI", 18778, 1.5, 2, 1, 1.25, null, 5, 0.2]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a .proto file reads messages without a frame, by a message's name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const writer = await protobufWriter(schema);
    const file = `${folder}/feed.proto`;
    const [head, body] = writer.text.split("message index_quotes");
    await Deno.writeTextFile(`${folder}/quotes.proto`, `${head}message Quote${body}`);
    const feed =
      'syntax="proto3"; package ticklake; import "quotes.proto"; message Feed { int32 x=1; ' +
      "message Inner { Quote quote = 1; } }";
    await Deno.writeTextFile(file, feed);
    const protobuf = { messageFormat: "protobuf" as const, messageSchema: file };
    const of = (messageType?: string) =>
      openMessageForm(settings(undefined, { ...protobuf, messageType }));
    const value = writer.write({ ...ROW, "Adj Close": undefined });
    const own = { ...protobuf, messageSchema: `${folder}/quotes.proto` };
    for (const messageType of [undefined, "Quote", "ticklake.Quote"]) {
      const form = await openMessageForm(settings(undefined, { ...own, messageType }));
      const row = form.check(schema)(value);
      assert.deepEqual(row, ["HSI", 18778, 1.5, 2, 1, 1.25, null, 5, 0.2]);
    }
    assert.match((await of()).check(schema)(value) as string, /Index is missing/);
    assert.match((await of("Feed.Inner")).check(schema)(value) as string, /damaged payload/);
    const usage = (error: unknown) => error instanceof Failure && error.kind === "usage";
    await assert.rejects(() => of("Quote2"), usage);
    await Deno.remove(`${folder}/quotes.proto`);
    await assert.rejects(() => of("Feed"), /imports quotes\.proto, which does not exist/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
