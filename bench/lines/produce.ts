import { KAFKA_CLASS_PATH } from "../../tests/services/kafka/kafka.ts";
import type { Program } from "../measured.ts";
import { alternate, peer, type Stage, ticklake, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

const CSV = new URL("../../data/indexProcessed.csv", import.meta.url).pathname;

const NOTEBOOK_ROWS = 2000;

/** How many times larger the input of the run is that shows that memory does not grow. */
const LARGER = 10;

/** From a CSV file to Kafka, acknowledged by all, beside Python and Kafka's own tool. */
export async function produceLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds } = stage;
  const large = await largeInput(stage);
  const [notebook] = await alternate(1, [
    () => peer(stage, "produce_notebook.py", unique("peer"), String(NOTEBOOK_ROWS), CSV),
  ]);
  const [tuned, own, larger, tool] = await alternate(rounds, [
    () => peer(stage, "produce_tuned.py", unique("peer"), String(rows), CSV),
    () => produce(stage, "--loop", "--count", String(rows)),
    () => produce(stage, "--input", large),
    () => perfTest(stage),
  ]);
  for (const [runs, sent] of [[own, rows], [larger, LARGER * rows]] as const) {
    for (const { stdout } of runs) {
      const summary = JSON.parse(stdout) as { sent: number };
      if (summary.sent !== sent) throw new Error(`expected ${sent} sent, found ${summary.sent}`);
    }
  }
  const line = "produce";
  const best = rowsFigure(line, "Python, tuned", rows, tuned);
  const figure = rowsFigure(line, "ticklake", rows, own);
  return [
    rowsFigure(line, "notebook: a send a row", NOTEBOOK_ROWS, notebook),
    best,
    rowsFigure(line, "kafka-producer-perf-test (no CSV, no JSON)", rows, tool),
    { ...figure, ratio: figure.value.median / best.value.median, target: "3.5 times; 200 MiB" },
    rowsFigure(line, `ticklake, a file of ${LARGER} times the rows`, LARGER * rows, larger),
  ];
}

function produce(stage: Stage, ...args: string[]): Program {
  const own = ["produce", "--topic", unique("own"), "--mode", "replay", "--rate", "max"];
  return ticklake(stage, ...own, "--partitions", "1", "--json", ...args);
}

/** Kafka's own benchmark, with records of the same size. */
function perfTest({ rows, kafka }: Stage): Program {
  return {
    command: "java",
    args: [
      ...["-Xmx512m", "-cp", KAFKA_CLASS_PATH, "org.apache.kafka.tools.ProducerPerformance"],
      ...["--topic", unique("tool"), "--num-records", String(rows), "--record-size", "180"],
      ...["--throughput", "-1", "--producer-props", `bootstrap.servers=${kafka}`, "acks=all"],
      "enable.idempotence=true",
    ],
  };
}

/** A file of many times the rows, so that it cannot be held by accident. */
async function largeInput({ folder, rows }: Stage): Promise<string> {
  const [header, ...lines] = (await Deno.readTextFile(CSV)).trimEnd().split("\n");
  const path = `${folder}/large.csv`;
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  file.writeSync(encoder.encode(header + "\n"));
  const wanted = LARGER * rows;
  for (let written = 0; written < wanted; written += lines.length) {
    const some = lines.slice(0, wanted - written);
    const bytes = encoder.encode(some.join("\n") + "\n");
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  }
  return path;
}
