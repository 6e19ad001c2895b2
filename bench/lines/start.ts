import { freePort } from "../../tests/services/free_port.ts";
import { startKafka } from "../../tests/services/kafka/kafka.ts";
import { FetchWatch } from "../fetch_watch.ts";
import { measureUntil } from "../measured.ts";
import { alternate, consume, filledTopic, type Stage, ticklake } from "../stage.ts";
import { spread } from "../spread.ts";
import type { Figure } from "../table.ts";

/** Runs of each: they are short. */
const RUNS = 15;

/** How long the program takes to say something, and to ask for the first messages. */
export async function startLine(stage: Stage): Promise<Figure[]> {
  const [help, version] = await alternate(RUNS, [
    () => ticklake(stage, "--help"),
    () => ticklake(stage, "--version"),
  ]);
  const line = "start";
  const milliseconds = (runs: typeof help) => spread(runs.map(({ seconds }) => seconds * 1000));
  return [
    { line, who: "--help", unit: "ms", value: milliseconds(help), target: "60 ms" },
    { line, who: "--version", unit: "ms", value: milliseconds(version) },
    {
      line,
      who: "consume, to its first fetch",
      unit: "ms",
      value: spread(await firstFetches(stage)),
      target: "200 ms",
    },
  ];
}

/** Milliseconds from the start of a consumer of a new group to its first fetch. */
async function firstFetches(stage: Stage): Promise<number[]> {
  const port = freePort();
  using watch = new FetchWatch(port);
  const advertised = `127.0.0.1:${watch.port}`;
  const kafka = await startKafka({
    folder: `${stage.folder}/watched`,
    listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }],
  });
  try {
    const watched = { ...stage, env: { ...stage.env, KAFKA_BOOTSTRAP_SERVERS: advertised } };
    const topic = await filledTopic(watched, 1000, 1);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const { args, ...program } = consume(watched, topic);
      const endless = args.filter((word) => word !== "--until-end");
      watch.start();
      const startedAt = performance.now();
      await measureUntil({ ...program, args: endless }, async () => watch.fetchedAt !== undefined);
      times.push(watch.fetchedAt! - startedAt);
    }
    return times;
  } finally {
    await kafka.stop();
  }
}
