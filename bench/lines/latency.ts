import { quantile } from "../spread.ts";
import { type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

/** Rows that are followed, and the milliseconds between them. */
const SAMPLES = 200;
const INTERVAL_MS = 50;

/**
 * From `produce` to what `consume --watch` shows, a row at a time. A row is recognised by its volume,
 * which is the time of its writing, in milliseconds, on the way into `produce`'s standard input.
 */
export async function latencyLine(stage: Stage): Promise<Figure[]> {
  const topic = unique("latency");
  const spawn = (stdin: "null" | "piped", ...args: string[]) => {
    const { command, env } = ticklake(stage);
    return new Deno.Command(command, { args, env, stdin, stdout: "piped", stderr: "null" }).spawn();
  };
  const producer = spawn(
    "piped",
    ...["produce", "--topic", topic, "--input", "-", "--mode", "replay", "--rate", "max"],
  );
  const input = producer.stdin.getWriter();
  const write = (text: string) => input.write(new TextEncoder().encode(text));
  await write("Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n");
  await write("NYA,2024-01-02,1,1,1,1,1,1,1\n");
  await sleep(3000);
  const name = unique("latency");
  const consumer = spawn(
    "null",
    ...["consume", "--topic", topic, "--group", name, "--prefix", name, "--watch", "--json"],
  );
  const latencies: number[] = [];
  const reading = (async () => {
    let text = "";
    for await (const part of consumer.stdout.pipeThrough(new TextDecoderStream())) {
      const now = performance.timeOrigin + performance.now();
      text += part;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        const at = Number(/"Volume":(\d{13})/.exec(line)?.[1] ?? NaN);
        if (!Number.isNaN(at)) latencies.push(now - at);
      }
    }
  })();
  await sleep(3000);
  for (let i = 0; i < SAMPLES; i++) {
    const now = Math.round(performance.timeOrigin + performance.now());
    await write(`NYA,2024-01-02,1,1,1,1,1,${now},1\n`);
    await sleep(INTERVAL_MS);
  }
  await sleep(500);
  await input.close();
  consumer.kill("SIGTERM");
  await Promise.all([reading, producer.output(), consumer.status]);
  if (latencies.length < SAMPLES * 0.99) {
    throw new Error(`expected ${SAMPLES} rows to be shown, found ${latencies.length}`);
  }
  const [median, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  const extent = { min: Math.min(...latencies), max: Math.max(...latencies) };
  const line = "from produce to consume --watch, a row at a time";
  return [
    { line, who: "median", unit: "ms", value: { median, ...extent } },
    {
      line,
      who: "99th percentile",
      unit: "ms",
      value: { median: p99, ...extent },
      target: "50 ms",
    },
  ];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
