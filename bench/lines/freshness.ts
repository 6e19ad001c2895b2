import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { quantile } from "../spread.ts";
import { openS3, type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

/** Rows that are followed, and the milliseconds between them. */
const SAMPLES = 400;
const INTERVAL_MS = 50;

/** Milliseconds between two listings of the lake. */
const LOOK_MS = 10;

/**
 * From a row's way into `produce` to the object that holds it in the bucket's listing, at
 * `--flush-interval 1s`. Offsets say which row it is: there is one partition, and one producer.
 */
export async function freshnessLine(stage: Stage): Promise<Figure[]> {
  const topic = unique("fresh");
  const start = (stdin: "null" | "piped", ...args: string[]) => {
    const { command, env } = ticklake(stage);
    return new Deno.Command(command, { args, env, stdin, stdout: "null", stderr: "null" }).spawn();
  };
  const producer = start(
    "piped",
    ...["produce", "--topic", topic, "--partitions", "1", "--input", "-", "--mode", "replay"],
    ...["--rate", "max"],
  );
  const input = producer.stdin.getWriter();
  const write = (text: string) => input.write(new TextEncoder().encode(text));
  await write("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n");
  await write("NYA,2024-01-02,1,1,1,1,1,1,1\n");
  await sleep(3000);
  const name = unique("fresh");
  const consumer = start(
    "null",
    ...["consume", "--topic", topic, "--group", name, "--prefix", name, "--flush-interval", "1s"],
  );
  const s3 = openS3(stage.env);
  const looking = new AbortController();
  const seen = watchRanges(s3, stage.env.AWS_S3_BUCKET, name, looking.signal);
  await sleep(3000);
  /** When the row of each offset was written; the first is the one that made the topic. */
  const sentAt = [NaN];
  for (let i = 0; i < SAMPLES; i++) {
    sentAt.push(performance.now());
    await write(`NYA,2024-01-02,1,1,1,1,1,1,1\n`);
    await sleep(INTERVAL_MS);
  }
  await sleep(2500);
  looking.abort();
  const ranges = await seen;
  await input.close();
  consumer.kill("SIGTERM");
  await Promise.all([producer.status, consumer.status]);
  s3.destroy();
  const ages = ranges.flatMap(({ first, last, at }) =>
    sentAt.slice(Math.max(1, first), last + 1).map((sent) => at - sent)
  );
  if (ages.length !== SAMPLES) throw new Error(`expected ${SAMPLES} rows, found ${ages.length}`);
  const extent = { min: Math.min(...ages), max: Math.max(...ages) };
  const line = "from produce to the object in S3, --flush-interval 1s";
  const figure = (who: string, share: number, target?: string): Figure => ({
    line,
    who,
    unit: "ms",
    value: { median: quantile(ages, share), ...extent },
    target,
  });
  return [figure("median", 0.5), figure("99th percentile", 0.99, "1250 ms")];
}

interface SeenRange {
  first: number;
  last: number;
  /** When it was first listed. */
  at: number;
}

/** When each range of offsets appears below a prefix. */
async function watchRanges(
  s3: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): Promise<SeenRange[]> {
  const found = new Map<string, SeenRange>();
  while (!signal.aborted) {
    const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/` });
    const { Contents = [] } = await s3.send(list);
    const at = performance.now();
    for (const { Key = "" } of Contents) {
      const parsed = parseObjectName(Key.slice(prefix.length + 1));
      if (parsed?.kind === "rows" && !found.has(Key)) {
        found.set(Key, { first: parsed.first, last: parsed.last, at });
      }
    }
    await sleep(LOOK_MS);
  }
  return [...found.values()];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
