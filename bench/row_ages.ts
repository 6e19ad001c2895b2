import { sleep } from "../mod/wait/sleep.ts";
import { measureUntil, type Program } from "./measured.ts";
import { quantile } from "./spread.ts";
import { filledTopic, type Stage, ticklake } from "./stage.ts";
import type { Figure } from "./table.ts";

/** Rows that are followed until they are visible, and the milliseconds between them. */
const SAMPLES = 100;
const INTERVAL_MS = 200;

const HEAD = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n";
const ROW = "NYA,2024-01-02,1,1,1,1,1,1,1\n";

/** A consumer, and how many rows a reader sees of what it has written. */
export interface Watched {
  program: Program;
  countRows(): Promise<number>;
}

/**
 * Milliseconds from each row's way into `produce` until a reader counts it. There is one partition and one
 * producer, so that a count says which rows are there; the first row waits for the consumer's start and is
 * left out.
 * @param open prepares the consumer of a topic
 */
export async function agesOfRows(
  stage: Stage,
  open: (topic: string) => Promise<Watched>,
): Promise<number[]> {
  // A consumer of Java's looks for a topic that was not there only after minutes.
  const topic = await filledTopic(stage, 1, 1);
  const { command, env, args } = ticklake(
    stage,
    ...["produce", "--topic", topic, "--input", "-", "--mode", "replay", "--rate", "max"],
  );
  const producer = new Deno.Command(command, {
    args,
    env,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const input = producer.stdin.getWriter();
  const write = (text: string) => input.write(new TextEncoder().encode(text));
  const sentAt: number[] = [];
  const send = async () => {
    sentAt.push(performance.now());
    await write(ROW);
  };
  await write(HEAD);
  sentAt.push(performance.now());
  const { program, countRows } = await open(topic);
  const ages: number[] = [];
  let seen = 0;
  let sending: Promise<void> | undefined;
  await measureUntil(program, async () => {
    const rows = await countRows();
    const now = performance.now();
    for (; seen < rows; seen++) if (seen > 0) ages.push(now - sentAt[seen]);
    if (rows > 0) {
      sending ??= (async () => {
        for (let i = 0; i < SAMPLES; i++) {
          await send();
          await sleep(INTERVAL_MS);
        }
      })();
    }
    return seen === SAMPLES + 1;
  });
  await input.close();
  await producer.status;
  return ages;
}

/** Median and 99th percentile of some ages. */
export function ageFigures(line: string, who: string, ages: number[], target?: string): Figure[] {
  const extent = { min: Math.min(...ages), max: Math.max(...ages) };
  const figure = (name: string, share: number, target?: string): Figure => ({
    line,
    who: `${who}: ${name}`,
    unit: "ms",
    value: { median: quantile(ages, share), ...extent },
    target,
  });
  return [figure("median", 0.5), figure("99th percentile", 0.99, target)];
}
