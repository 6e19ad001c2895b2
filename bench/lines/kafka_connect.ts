import { startRestCatalog } from "../../tests/services/rest_catalog/rest_catalog.ts";
import { measureUntil, type Program } from "../measured.ts";
import { connectProgram, installConnect } from "../peers/kafka_connect/kafka_connect.ts";
import { createQuotesTable, type RestTable, rowsOf } from "../rest_table.ts";
import { ageFigures, agesOfRows } from "../row_ages.ts";
import { filledTopic, type Stage, ticklake, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

/** Times the rows of the other lines: else it is the start of a JVM that is measured. */
const ENOUGH = 2;

/** Milliseconds between two commits, of both sides. */
const COMMIT_MS = 2000;

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

/** From a row's way into `produce` until it is in a snapshot. */
async function visible(stage: Stage, rest: string, who: string, open: Open): Promise<Figure[]> {
  const ages = await agesOfRows(stage, async (topic) => {
    const { program, place } = await open(stage, rest, topic);
    return { program, countRows: () => rowsOf(place) };
  });
  return ageFigures(`from produce to the snapshot, a commit each ${COMMIT_MS / 1000} s`, who, ages);
}
