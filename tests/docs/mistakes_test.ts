import assert from "node:assert/strict";
import { DAY_MS } from "../../mod/schema/calendar.ts";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import {
  type ConsumePlace,
  quote,
  quotes,
  withEmbedded,
  withServices,
} from "../commands/consume_place.ts";
import { runTicklake, serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { wordsOf } from "./words_of.ts";

/** A mistake: makes it, and what the table must have after the page's commands. */
interface Mistake {
  make(place: ConsumePlace): Promise<void>;
  /** Commands that show its symptom, beside those of the page. */
  look?: string[][];
  rows: number;
  /** Offsets in gaps that are right to stay. @default {0} */
  gaps?: number;
  /** Sum of the column `close`, asked by SQL; absent where the count of offsets says enough. */
  closes?: number;
  /** Whether it is made with Kafka and S3 too, as it depends on them. */
  onServices?: true;
}

/** The shipped schema, changed. */
async function writeSchema(
  { cwd }: ConsumePlace,
  name: string,
  change: (columns: Array<Record<string, unknown>>) => void = () => {},
): Promise<void> {
  const shipped = `${REPOSITORY}/data/index_quotes.schema.json`;
  const schema = JSON.parse(await Deno.readTextFile(shipped));
  change(schema.columns);
  await Deno.writeTextFile(`${cwd}/${name}`, JSON.stringify(schema));
}

function column(columns: Array<Record<string, unknown>>, name: string): Record<string, unknown> {
  return columns.find((column) => column.name === name)!;
}

async function firstObject(place: ConsumePlace, first: number): Promise<string> {
  const found = (await place.parsedObjects()).findIndex((parsed) => parsed.first === first);
  return (await place.objects())[found];
}

/** By the page's headings. */
const MISTAKES: Record<string, Mistake> = {
  "The wrong schema: good messages became dead letters": {
    async make(place) {
      await writeSchema(place, "right.json");
      await writeSchema(place, "strict.json", (columns) => column(columns, "close").max = 99);
      await place.send(quotes(200));
      const { summary } = await place.toEnd("--schema", "strict.json", "--flush-rows", "50");
      assert.equal(summary.rejected, 100);
    },
    rows: 200,
    closes: 19_900,
  },
  "The wrong schema: rows have wrong values": {
    async make(place) {
      await writeSchema(place, "right.json");
      await writeSchema(place, "wrong.json", (columns) => {
        column(columns, "close").wire = "Volume";
        column(columns, "volume").wire = "Close";
      });
      await place.send(quotes(100));
      await place.toEnd("--schema", "wrong.json");
    },
    rows: 100,
    closes: 4950,
  },
  "Messages were sent to the wrong topic": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd();
      await place.send(Array.from({ length: 50 }, () => ({ key: "x", value: '{"celsius": 1}' })));
    },
    rows: 100,
    gaps: 50,
  },
  "Half of the file has another date format": {
    async make(place) {
      const format = ["DD.MM.YYYY"];
      await writeSchema(place, "dates.json", (columns) => column(columns, "date").format = format);
      const date = (i: number) => i % 2 === 0 ? "2024-01-02" : "02.01.2024";
      await place.send(Array.from({ length: 100 }, (_, i) => quote(i, "HSI", date(i))));
      assert.equal((await place.toEnd()).summary.rejected, 50);
    },
    rows: 100,
    closes: 4950,
  },
  "The lake was deleted, or consume ran with another prefix": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd("--prefix", "another");
      const lake = `${place.cwd}/.ticklake/lake`;
      if (place.env.AWS_S3_BUCKET === undefined) await Deno.remove(lake, { recursive: true });
    },
    rows: 100,
    onServices: true,
  },
  "The group's offsets were moved, deleted, or have expired": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd();
      await place.send(quotes(100));
      assert.equal((await run(place, "reset", "--to", "latest")).code, 0);
    },
    look: [["topic", "show"]],
    rows: 200,
    onServices: true,
  },
  "A second group was started on the same table": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd();
      await place.send(quotes(50));
    },
    look: [["consume", "--group", "quotes-2", "--until-end"]],
    rows: 150,
  },
  "The topic was deleted and created again": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd();
      const { cwd, topic, env: { KAFKA_BOOTSTRAP_SERVERS: server } } = place;
      if (server === undefined) await Deno.remove(`${cwd}/.ticklake/log.sqlite`);
      else await kafkaAdmin(server, (admin) => admin.deleteTopics({ topics: [topic] }));
      await place.send(quotes(50));
    },
    rows: 150,
    onServices: true,
  },
  "Objects were deleted, copied or damaged": {
    async make(place) {
      await place.send(quotes(200));
      await place.toEnd("--flush-rows", "50");
      const damaged = await firstObject(place, 100);
      await place.put(damaged, (await place.bytes(damaged)).slice(0, 200));
      const copied = await firstObject(place, 150);
      await place.put(copied.replace("0150-", "0149-"), await place.bytes(copied));
      await place.remove(await firstObject(place, 50));
    },
    rows: 200,
    onServices: true,
  },
  "--from was ignored": {
    async make(place) {
      await place.send(quotes(100));
      await place.toEnd("--from", "latest");
      await place.send(quotes(50));
    },
    look: [["consume", "--from", "earliest", "--until-end"]],
    rows: 150,
  },
  "A merge was cut off, or a part of it came back": {
    async make(place) {
      const { now } = Date;
      Date.now = () => now() - 2 * DAY_MS;
      try {
        await place.send(quotes(100));
      } finally {
        Date.now = now;
      }
      await place.toEnd("--flush-rows", "20");
      const part = await firstObject(place, 20);
      const bytes = await place.bytes(part);
      assert.equal((await run(place, "maintain", "--merge")).code, 0);
      await place.put(part, bytes);
    },
    rows: 100,
  },
};

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

/** The command lines of each heading of the page. */
function commandsByHeading(): Map<string, string[]> {
  const page = Deno.readTextFileSync(`${REPOSITORY}/docs/mistakes.md`);
  const found = new Map<string, string[]>();
  for (const section of page.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf("\n"));
    const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text]) => text);
    const lines = blocks.join("").trimEnd().split("\n").filter((line) => line !== "");
    if (lines.length > 0) found.set(heading, lines);
  }
  return found;
}

const COMMANDS = commandsByHeading();

/** What the page says, by its headings, that the program says: in quotes, with `…` for what differs. */
const SYMPTOMS = new Map(
  Deno.readTextFileSync(`${REPOSITORY}/docs/mistakes.md`).split(/^## /m).slice(1).map((section) => {
    const [, symptom = ""] = /^\*Symptom\*: ([\s\S]*?)\n\n/m.exec(section) ?? [];
    const quoted = [...symptom.replaceAll("\n", " ").matchAll(/"([^"]+)"/g)].map(([, text]) =>
      text
    );
    return [section.slice(0, section.indexOf("\n")), quoted] as const;
  }),
);

async function cured(heading: string, place: ConsumePlace): Promise<void> {
  const { make, look, rows, gaps = 0, closes } = MISTAKES[heading];
  await make(place);
  let said = "";
  for (const args of look ?? []) {
    const { stdout, stderr } = await run(place, ...args);
    said += stdout + stderr;
  }
  for (const line of COMMANDS.get(heading)!) {
    const [program, ...args] = wordsOf(line);
    assert.equal(program, "ticklake", line);
    const { code, stdout, stderr } = await run(place, ...args);
    // What looks at the mistake says with its exit code that there is one.
    const isLook = args[0] === "verify" && heading !== "The topic was deleted and created again";
    assert.equal(code, isLook ? 4 : 0, `${line}\n${stdout}${stderr}`);
    said += stdout + stderr;
  }
  for (const symptom of SYMPTOMS.get(heading)!) {
    const pattern = symptom.split("…").map(RegExp.escape).join(".*");
    assert.match(said, new RegExp(pattern), `the page's ${symptom}`);
  }
  const proof = await run(place, "verify", "--deep", "--json");
  assert.equal(proof.code, 0, proof.stdout + proof.stderr);
  const { found, gaps: recorded } = JSON.parse(proof.stdout);
  assert.deepEqual({ found, recorded }, { found: rows + gaps, recorded: gaps });
  if (closes === undefined) return;
  const sql = "SELECT count(*) AS rows_there, sum(close) AS closes FROM index_quotes";
  const answer = await run(place, "query", "--engine", "local", "--json", sql);
  assert.equal(answer.code, 0, answer.stderr);
  assert.deepEqual(JSON.parse(answer.stdout), [{ rows_there: rows, closes }]);
}

Deno.test("the page on mistakes walks eleven, and each of them is made by a test", () => {
  assert.deepEqual([...COMMANDS.keys()], Object.keys(MISTAKES));
  const silent = Object.keys(MISTAKES).filter((heading) => SYMPTOMS.get(heading)!.length === 0);
  // What the program cannot know.
  assert.deepEqual(silent, ["The wrong schema: rows have wrong values"]);
});

for (const [heading, { onServices }] of Object.entries(MISTAKES)) {
  Deno.test(`the page's commands put it right: ${heading} (embedded)`, () =>
    withEmbedded((place) => cured(heading, place)));
  if (!onServices) continue;
  serviceTest(
    `the page's commands put it right: ${heading} (Kafka and S3)`,
    { needs: ["kafka", "real-s3"] },
    () => withServices((place) => cured(heading, place)),
  );
}
