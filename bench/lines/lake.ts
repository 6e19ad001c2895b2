import { measure } from "../measured.ts";
import { spread } from "../spread.ts";
import { consume, filledTopic, type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

const OBJECTS = 1000;

/** A lake of a thousand objects: what `verify`, `query` and the start of `consume` take. */
export async function lakeLine(stage: Stage): Promise<Figure[]> {
  const { rounds } = stage;
  const perObject = Math.max(1, Math.floor(stage.rows / OBJECTS));
  const topic = await filledTopic(stage, perObject * OBJECTS, 1);
  const name = unique("lake");
  const place = ["--prefix", name];
  const group = ["--topic", topic, "--group", name];
  const home = ["--home", `${stage.folder}/${name}`];
  const fill = ["consume", ...group, ...place, "--until-end", "--log-level", "error"];
  await measure(ticklake(stage, ...fill, "--flush-rows", String(perObject)));
  const empty = consume(stage, await filledTopic(stage, 1, 1));
  const sql = 'SELECT "index", count(*), avg(close) FROM index_quotes GROUP BY 1';
  const query = ["query", sql, ...place, ...home, "--engine", "local"];
  const seconds = async (...args: string[]) => (await measure(ticklake(stage, ...args))).seconds;
  const figures = {
    verify: [] as number[],
    deep: [] as number[],
    load: [] as number[],
    query: [] as number[],
    start: [] as number[],
    startEmpty: [] as number[],
  };
  for (let round = 0; round < rounds; round++) {
    figures.verify.push(await seconds("verify", ...group, ...place));
    figures.deep.push(await seconds("verify", "--deep", ...group, ...place));
    await Deno.remove(home[1], { recursive: true }).catch(() => {});
    figures.load.push(await seconds(...query));
    figures.query.push(await seconds(...query));
    figures.start.push(await seconds(...fill));
    figures.startEmpty.push((await measure(empty)).seconds);
  }
  const line = `a lake of ${OBJECTS} objects, ${perObject * OBJECTS} rows`;
  const row = (who: string, values: number[], target?: string): Figure => ({
    line,
    who,
    unit: "s",
    value: spread(values),
    target,
  });
  return [
    row("verify", figures.verify, "seconds"),
    row("verify --deep", figures.deep, "seconds"),
    row("query, first load", figures.load, "seconds"),
    row("query, again", figures.query, "seconds"),
    row("consume with nothing to do", figures.start),
    row("the same, an empty lake", figures.startEmpty, "the same"),
  ];
}
