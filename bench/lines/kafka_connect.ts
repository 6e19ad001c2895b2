import { startRestCatalog } from "../../tests/services/rest_catalog/rest_catalog.ts";
import { measureUntil, type Program } from "../measured.ts";
import { connectProgram, installConnect } from "../peers/kafka_connect/kafka_connect.ts";
import { createQuotesTable, type RestTable, rowsOf } from "../rest_table.ts";
import { quantile } from "../spread.ts";
import { filledTopic, type Stage, ticklake, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

/** Times the rows of the other lines: else it is the start of a JVM that is measured. */
const ENOUGH = 2;

/** Milliseconds between two commits, of both sides. */
const COMMIT_MS = 2000;

/** Rows that are followed until they are visible, and the milliseconds between them. */
const SAMPLES = 100;
const INTERVAL_MS = 200;

/** A side: its program, and the table that it fills. */
interface Side {
  program: Program;
  place: RestTable;
}

/**
 * Beside Apache's Kafka Connect with its Iceberg sink: from Kafka into an Iceberg table of the same REST
 * catalog and S3 server, from a process's start until all rows are in a snapshot; and the time from a
 * row's way into `produce` until it is in one. With `--long` alone: it fetches 170 MB.
 */
export async function kafkaConnectLine(stage: Stage): Promise<Figure[]> {
  if (!stage.long) return [];
  await installConnect();
  await using catalog = await startRestCatalog(`${stage.folder}/rest-catalog`);
  const rest = catalog.uri;
  const sides = [
    ["Kafka Connect, Iceberg sink", connect],
    ["ticklake, Iceberg", ours],
  ] as const;
  const rows = ENOUGH * stage.rows;
  const topic = await filledTopic(stage, rows, 1);
  const runs = sides.map(() => [] as Awaited<ReturnType<typeof measureUntil>>[]);
  for (let round = 0; round < stage.rounds; round++) {
    for (const [i, [, open]] of sides.entries()) {
      const { program, place } = await open(stage, rest, topic);
      runs[i].push(await measureUntil(program, async () => await rowsOf(place) >= rows));
    }
  }
  const line = "consume into Iceberg, REST catalog";
  const [peer, own] = sides.map(([who], i) => rowsFigure(line, who, rows, runs[i]));
  own.ratio = own.value.median / peer.value.median;
  own.target = "5 times, a third of its memory";
  const figures = [peer, own];
  for (const [who, open] of sides) figures.push(...await visible(stage, rest, who, open));
  return figures;
}

type Open = (stage: Stage, rest: string, topic: string) => Promise<Side>;

async function connect(stage: Stage, rest: string, topic: string): Promise<Side> {
  const place = { rest, namespace: "peer", table: unique("quotes").replaceAll("-", "_") };
  await createQuotesTable(place, `s3://${stage.env.AWS_S3_BUCKET}/${place.table}`);
  const program = await connectProgram(stage, { topic, commitIntervalMs: COMMIT_MS, ...place });
  return { program, place };
}

function ours(stage: Stage, rest: string, topic: string): Promise<Side> {
  const name = unique("run").replaceAll("-", "_");
  const place = { rest, namespace: name, table: "index_quotes" };
  const program = ticklake(
    stage,
    ...["consume", "--topic", topic, "--group", name, "--prefix", name, "--log-level", "warning"],
    ...["--table-format", "iceberg", "--database", name, "--commit-interval", `${COMMIT_MS}ms`],
  );
  return Promise.resolve({
    program: { ...program, env: { ...program.env, ICEBERG_REST_URI: rest } },
    place,
  });
}

/** From a row's way into `produce` until it is in a snapshot: there is one partition, one producer. */
async function visible(stage: Stage, rest: string, who: string, open: Open): Promise<Figure[]> {
  const topic = unique("fresh");
  const { command, env, args } = ticklake(
    stage,
    ...["produce", "--topic", topic, "--partitions", "1", "--input", "-", "--mode", "replay"],
    ...["--rate", "max"],
  );
  const producer = new Deno.Command(command, {
    args,
    env,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const input = producer.stdin.getWriter();
  const sentAt: number[] = [];
  const send = async () => {
    sentAt.push(performance.now());
    await input.write(new TextEncoder().encode("NYA,2024-01-02,1,1,1,1,1,1,1\n"));
  };
  await input.write(
    new TextEncoder().encode("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n"),
  );
  await send();
  const { program, place } = await open(stage, rest, topic);
  const ages: number[] = [];
  let seen = 0;
  let sending: Promise<void> | undefined;
  await measureUntil(program, async () => {
    const rows = await rowsOf(place);
    const now = performance.now();
    // The first waits for the process's start.
    for (; seen < rows; seen++) if (seen > 0) ages.push(now - sentAt[seen]);
    if (rows > 0) {
      sending ??= (async () => {
        for (let i = 0; i < SAMPLES; i++) {
          await send();
          await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
        }
      })();
    }
    return seen === SAMPLES + 1;
  });
  await input.close();
  await producer.status;
  const extent = { min: Math.min(...ages), max: Math.max(...ages) };
  const line = `from produce to the snapshot, a commit each ${COMMIT_MS / 1000} s`;
  const figure = (name: string, share: number): Figure => ({
    line,
    who: `${who}: ${name}`,
    unit: "ms",
    value: { median: quantile(ages, share), ...extent },
  });
  return [figure("median", 0.5), figure("99th percentile", 0.99)];
}
