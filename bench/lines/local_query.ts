import { measure } from "../measured.ts";
import { spread } from "../spread.ts";
import { type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

const ROWS = 1_000_000;

/** The local engine on a million rows of a directory lake: the load, then an aggregate. */
export async function localQueryLine(stage: Stage): Promise<Figure[]> {
  const home = `${stage.folder}/${unique("home")}`;
  const embedded = {
    ...stage,
    env: { ...stage.env, KAFKA_BOOTSTRAP_SERVERS: "", AWS_S3_BUCKET: "" },
  };
  const run = async (...args: string[]) =>
    await measure(ticklake(embedded, ...args, "--home", home));
  await run(
    ...["produce", "--mode", "replay", "--loop", "--rate", "max", "--count", String(ROWS)],
  );
  await run("consume", "--until-end", "--log-level", "error");
  const query = ["query", 'SELECT "index", count(*), avg(close) FROM index_quotes GROUP BY 1'];
  const loads: number[] = [];
  const queries: number[] = [];
  for (let round = 0; round < stage.rounds; round++) {
    await Deno.remove(`${home}/catalog.sqlite`).catch(() => {});
    loads.push(ROWS / (await run(...query)).seconds);
    queries.push((await run(...query)).seconds);
  }
  const line = "local query, 1 million rows";
  return [
    {
      line,
      who: "first: load and query",
      unit: "rows/s",
      value: spread(loads),
      target: "1,000,000",
    },
    { line, who: "again", unit: "s", value: spread(queries), target: "0.2 s" },
  ];
}
