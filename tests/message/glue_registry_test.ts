import assert from "node:assert/strict";
import { withGlue } from "./with_glue.ts";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { GlueFrame } from "../../mod/message/glue/glue_frame.ts";
import { openGlueRegistry } from "../../mod/message/glue/glue_registry.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { ConsumePlace } from "../commands/consume_place.ts";
import { awsEnv, kafka, runTicklake, serviceTest } from "../services/services.ts";

const CSV = `Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD
HSI,2021-05-31,1.5,2,1,1.25,1.25,7000000000,0.2
`;

/** Runs a client of others at the place's topic. */
async function others({ topic }: ConsumePlace, what: string, argument: string): Promise<string> {
  const script = fileURLToPath(new URL("glue.py", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(
    Deno.env.get("TEST_CONFLUENT_PYTHON")!,
    {
      args: [script, what, kafka()!, topic, argument],
      stdin: "null",
      env: { ...awsEnv(), AWS_DEFAULT_REGION: "us-east-1" },
    },
  ).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function query(place: ConsumePlace, sql: string): Promise<unknown> {
  const { code, stdout, stderr } = await runTicklake(["query", "--json", sql], place);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

for (const format of ["avro", "protobuf", "json-schema"]) {
  serviceTest(`produce writes ${format} in AWS Glue's frame, consume reads it`, {
    needs: ["kafka", "aws", "confluent-client"],
  }, () =>
    withGlue(format, async (place) => {
      await Deno.writeTextFile(`${place.cwd}/quotes.csv`, CSV);
      const args = ["produce", "--input", "quotes.csv", "--mode", "replay", "--rate", "max"];
      // Twice: the second run finds the schema registered.
      for (let run = 0; run < 2; run++) {
        const produced = await runTicklake(args, place);
        assert.equal(produced.code, 0, produced.stderr);
      }
      const inferred = await runTicklake(["schema", "infer"], place);
      assert.match(inferred.stdout, /^\/\/ Made by .* in glue:\/\//, inferred.stderr);
      assert.match(inferred.stdout, /"wire":"Close","name":"close","type":"double"/);
      if (format !== "protobuf") {
        const [row] = (await others(place, "read", "2")).trim().split("\n").map((l) =>
          JSON.parse(l)
        );
        assert.deepEqual([row.Index, row.Date, row.Volume], ["HSI", "2021-05-31", 7e9]);
      }
      const { summary, stderr } = await place.toEnd();
      assert.deepEqual([summary.written, summary.rejected], [2, 0], stderr);
      const sql = 'select distinct "date", close, volume from index_quotes';
      assert.deepEqual(await query(place, sql), [{ date: "2021-05-31", close: 1.25, volume: 7e9 }]);
    }));
}

serviceTest("what another client writes in AWS Glue's frame becomes rows, compressed too", {
  needs: ["kafka", "aws", "confluent-client"],
}, () =>
  withGlue("avro", async (place) => {
    const names = ["Open", "High", "Low", "Close", "Volume"];
    const row = {
      Index: "HSI",
      Date: "2024-02-29",
      Open: 1,
      High: 2,
      Low: 0.5,
      Close: 1.5,
      Volume: 5,
    };
    const fields = [
      { name: "Index", type: "string" },
      { name: "Date", type: "string" },
      ...names.map((name) => ({ name, type: "double" })),
    ];
    const properties = Object.fromEntries(
      fields.map(({ name, type }) => [name, { type: type === "double" ? "number" : type }]),
    );
    await others(
      place,
      "write",
      JSON.stringify([
        {
          format: "AVRO",
          schema: { type: "record", name: "A", fields },
          rows: [row],
          compress: true,
        },
        {
          format: "JSON",
          schema: {
            $schema: "http://json-schema.org/draft-07/schema#",
            title: "A",
            type: "object",
            properties,
          },
          rows: [{ ...row, Index: "NYA" }],
          compress: false,
        },
      ]),
    );
    const { summary, stderr } = await place.toEnd();
    assert.deepEqual([summary.written, summary.rejected], [2, 0], stderr);
    const sql = 'select "index", close from index_quotes order by "index"';
    assert.deepEqual(await query(place, sql), [
      { index: "HSI", close: 1.5 },
      { index: "NYA", close: 1.5 },
    ]);
  }));

Deno.test("AWS Glue's frame: damaged, foreign and oversized payloads have a reason", () => {
  const frame = new GlueFrame();
  const id = "b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63";
  const value = frame.framed(id, Uint8Array.of(1, 2), Uint8Array.of(0));
  assert.equal(frame.schemaId(value), id);
  assert.deepEqual([...frame.payload(value)], [0, 1, 2]);
  const compressed = (payload: Uint8Array) => {
    const whole = frame.framed(id, payload);
    whole[1] = 5;
    return whole;
  };
  const small = compressed(deflateSync(Uint8Array.of(7)));
  assert.deepEqual([...frame.payload(small)], [7]);
  assert.throws(() => frame.payload(compressed(Uint8Array.of(1, 2))), /not zlib/);
  const bomb = compressed(deflateSync(new Uint8Array(20 * 2 ** 20)));
  assert.throws(() => frame.payload(bomb), /more than 16777216 bytes/);
  for (const bytes of [[], [0, 0, 0, 0, 1, 2], [3, 7, ...Array(16).fill(1)], [3, 0, 1]]) {
    assert.equal(frame.schemaId(Uint8Array.from(bytes)), null);
  }
  assert.match(frame.whyNone(Uint8Array.of(0x7b)), /found 0x7b of 1 bytes/);
  assert.throws(() => openGlueRegistry("glue://a/b"), (error) => error instanceof Failure);
});
