import { installKafka, KAFKA_CLASS_PATH } from "../services/kafka/kafka.ts";

/** Options of {@linkcode consoleProducer}. */
export interface ConsoleOptions {
  server: string;
  topic: string;
  /** A codec of Kafka, or `none`. */
  codec: string;
  /** Keys and values, neither with a tab or a line break. */
  lines: string[][];
}

/** Sends messages with the producer of Apache Kafka itself (Java). */
export async function consoleProducer({ server, topic, codec, lines }: ConsoleOptions) {
  await installKafka();
  const child = new Deno.Command("java", {
    args: [
      "-XX:TieredStopAtLevel=1",
      "-cp",
      KAFKA_CLASS_PATH,
      "org.apache.kafka.tools.ConsoleProducer",
      "--bootstrap-server",
      server,
      "--topic",
      topic,
      "--compression-codec",
      codec,
      "--batch-size",
      "400000",
      "--timeout",
      "500",
      "--property",
      "parse.key=true",
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const text = lines.map((line) => line.join("\t") + "\n").join("");
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const { success, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
