import { registryStub } from "../../tests/services/registry_stub.ts";
import { alternate, consume, filledTopic, type Stage } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";
import { mustHaveWritten } from "./consume.ts";

/** Message formats by what they are called in the table. */
const FORMATS = { JSON: "json", Avro: "avro", Protobuf: "protobuf", "JSON Schema": "json-schema" };

/**
 * The same rows in each message format, from Kafka to S3; all but JSON with the frame of a schema registry,
 * which is one in this process.
 */
export async function formatsLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds } = stage;
  await using registry = registryStub();
  const sides = Object.entries(FORMATS).map(([who, format]) => ({
    who,
    args: ["--message-format", format, "--schema-registry", registry.url],
  }));
  const topics: string[] = [];
  for (const { args } of sides) topics.push(await filledTopic(stage, rows, 1, ...args));
  const runs = await alternate(
    rounds,
    sides.map(({ args }, i) => () => consume(stage, topics[i], ...args)),
  );
  for (const run of runs.flat()) mustHaveWritten(run, rows);
  const [json, ...others] = sides.map(({ who }, i) => rowsFigure("formats", who, rows, runs[i]));
  return [
    json,
    ...others.map((figure) => ({
      ...figure,
      ratio: figure.value.median / json.value.median,
      ...figure.who === "Avro" ? { target: "1 time" } : {},
    })),
  ];
}
