import { avroSchema } from "../../mod/message/avro/avro_writer.ts";
import { protobufSchema } from "../../mod/message/protobuf/protobuf_writer.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { alternate, consume, filledTopic, type Stage } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";
import { mustHaveWritten } from "./consume.ts";

/** The same rows in each message format, from Kafka to S3. */
export async function formatsLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds } = stage;
  const folder = await Deno.makeTempDir({ prefix: "ticklake-bench-" });
  try {
    const schema = await loadSchema();
    const form = async (format: string, file: string, text: string) => {
      await Deno.writeTextFile(`${folder}/${file}`, text);
      return ["--message-format", format, "--message-schema", `${folder}/${file}`];
    };
    const avro = await form("avro", "quotes.avsc", avroSchema(schema));
    const protobuf = await form("protobuf", "quotes.proto", protobufSchema(schema));
    const forms = [[], avro, protobuf];
    const topics: string[] = [];
    for (const args of forms) topics.push(await filledTopic(stage, rows, 1, ...args));
    const runs = await alternate(
      rounds,
      forms.map((args, i) => () => consume(stage, topics[i], ...args)),
    );
    for (const run of runs.flat()) mustHaveWritten(run, rows);
    const [json, ...others] = ["JSON", "Avro", "Protobuf"].map((who, i) =>
      rowsFigure("formats", who, rows, runs[i])
    );
    const ratio = ({ value }: Figure) => value.median / json.value.median;
    const [asAvro, asProtobuf] = others.map((figure) => ({ ...figure, ratio: ratio(figure) }));
    return [json, { ...asAvro, target: "1 time" }, asProtobuf];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
