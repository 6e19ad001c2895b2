import assert from "node:assert/strict";
import { protoField } from "./proto_field.ts";
import { withGlue } from "./with_glue.ts";
import { Recorder } from "../broker/recorder.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { type GlueJob, glueSerde } from "../services/glue_serde/glue_serde.ts";

const ENV = { AWS_REGION: "us-east-1", ...awsEnv() };

const CSV = `Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD
HSI,2021-05-31,1.5,2,1,1.25,1.25,7000000000,0.2
N225,1969-12-31,10,11,9,10.5,,0,0.1
`;

const NUMBERS = ["Open", "High", "Low", "Close", "Volume"];
const ROW = { Index: "HSI", Date: "2024-02-29", Open: 1, High: 2, Low: 0.5, Close: 1.5, Volume: 5 };

const AVRO = {
  type: "record",
  name: "Quote",
  fields: [
    { name: "Index", type: "string" },
    { name: "Date", type: "string" },
    ...NUMBERS.map((name) => ({ name, type: "double" })),
  ],
};

/** A message with the columns; the numbers of its fields begin at one of its own, so that no other reads it. */
const quote = (name: string, first: number, more = {}) => ({
  name,
  field: [
    protoField("Index", first, "STRING"),
    protoField("Date", first + 1, "STRING"),
    ...NUMBERS.map((name, i) => protoField(name, first + 2 + i, "DOUBLE")),
  ],
  ...more,
});

/** Messages that are not in the order of their names, a nested one, and a map's entries between them. */
const PROTOBUF = {
  name: "feed.proto",
  package: "feed",
  syntax: "proto3",
  messageType: [
    quote("Quote", 1, { nestedType: [quote("Inner", 11)] }),
    {
      name: "Counts",
      field: [
        protoField("counts", 1, "MESSAGE", {
          label: "LABEL_REPEATED",
          typeName: ".feed.Counts.CountsEntry",
        }),
      ],
      nestedType: [{
        name: "CountsEntry",
        field: [protoField("key", 1, "STRING"), protoField("value", 2, "INT32")],
        options: { mapEntry: true },
      }],
    },
    quote("Another", 21),
  ],
};

for (const format of ["avro", "protobuf"] as const) {
  serviceTest(`what AWS's serializers write in ${format} becomes rows, compressed too`, {
    needs: ["kafka", "aws", "glue-serde"],
  }, () =>
    withGlue(format, async (place) => {
      const { topic } = place;
      const messages = format === "avro" ? ["", ""] : ["Quote", "Quote.Inner", "Another"];
      const jobs = messages.map((message, i): GlueJob => ({
        topic,
        ...format === "avro"
          ? { format: "AVRO", schema: AVRO }
          : { format: "PROTOBUF", schema: PROTOBUF, message },
        row: { ...ROW, Volume: i },
        compress: i === 1,
      }));
      const values = await glueSerde(jobs, ENV);
      assert.deepEqual(
        values.map((hex) => hex.slice(0, 4)),
        ["0300", "0305", "0300"].slice(0, messages.length),
      );
      await place.send(values.map((hex) => ({ key: "HSI", value: Uint8Array.fromHex(hex) })));
      const { summary, stderr } = await place.toEnd();
      assert.deepEqual([summary.written, summary.rejected], [messages.length, 0], stderr);
      const sql = 'select "index", "date", close, volume from index_quotes order by volume';
      const asked = await runTicklake(["query", "--engine", "local", "--json", sql], place);
      assert.equal(asked.code, 0, asked.stderr);
      const row = { index: "HSI", date: "2024-02-29", close: 1.5 };
      assert.deepEqual(JSON.parse(asked.stdout), messages.map((_, i) => ({ ...row, volume: i })));
    }));

  serviceTest(
    `AWS's serializers read what produce writes in ${format}`,
    { needs: ["kafka", "aws", "glue-serde"] },
    () =>
      withGlue(format, async (place) => {
        await Deno.writeTextFile(`${place.cwd}/quotes.csv`, CSV);
        const args = ["--input", "quotes.csv", "--mode", "replay", "--rate", "max"];
        const produced = await runTicklake(["produce", "--partitions", "1", ...args], place);
        assert.equal(produced.code, 0, produced.stderr);
        const jobs = await place.withBroker(async (broker) => {
          const recorder = new Recorder({
            broker,
            topic: place.topic,
            group: uniqueName("reader"),
          });
          await recorder.hasReceived(2);
          await recorder.stop();
          return recorder.received.map(({ bytes }): GlueJob => ({
            format: format === "avro" ? "AVRO" : "PROTOBUF",
            topic: place.topic,
            value: bytes!.toHex(),
          }));
        });
        const rows = (await glueSerde(jobs, ENV)).map((line) => JSON.parse(line));
        const day = ({ Date: date }: { Date: unknown }) =>
          typeof date === "number"
            ? new Date(date * 86_400_000).toISOString().slice(0, 10)
            : typeof date === "string"
            ? date
            : Object.values(date as object).join("-");
        assert.deepEqual(
          rows.map((row) => [row.Index, day(row), row.Close, Number(row.Volume ?? 0)]),
          [
            ["HSI", format === "avro" ? "2021-05-31" : "2021-5-31", 1.25, 7e9],
            ["N225", "1969-12-31", 10.5, 0],
          ],
        );
      }),
  );
}
