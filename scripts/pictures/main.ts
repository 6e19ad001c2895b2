/**
 * Makes the pictures of docs/, from the program as it runs: `./dev pictures [help] [watch] [shell]
 * [dashboard]`, all of them without a word. Needs Chromium for the dashboard and Python for the terminals
 * (`TEST_CHROMIUM` and `TEST_PYTHON` name others than /usr/bin/chromium and python3).
 */
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import { watchFrame } from "../../mod/live/watch_frame.ts";
import { WatchState } from "../../mod/live/watch_state.ts";
import { runTicklake } from "../../tests/services/services.ts";
import { KEYS, typeInto } from "../../tests/terminal/terminal.ts";
import { dashboardPictures } from "./dashboard.ts";
import { type TerminalPicture, terminalSvg } from "./terminal_svg.ts";

const docs = new URL("../../docs/", import.meta.url).pathname;
const SIZE = { columns: 88, rows: 40 };

async function write(name: string, picture: Omit<TerminalPicture, "columns" | "rows">) {
  await Deno.writeTextFile(`${docs}${name}.svg`, await terminalSvg({ ...SIZE, ...picture }));
}

/** A command's short help, as a terminal shows it. */
async function helpPicture(): Promise<void> {
  const { all } = await typeInto(["consume", "-h"], [], SIZE);
  await write("help", { written: `$ ticklake consume -h\r\n${all}`, label: "ticklake consume -h" });
}

/** The shell over the shipped quotes. */
async function shellPicture(): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-pictures-" });
  await runTicklake(["produce", "--mode", "replay", "--rate", "max", "--home", home]);
  await runTicklake(["consume", "--until-end", "--home", home]);
  const prompt = "ticklake> [^\\n]*$";
  const { all } = await typeInto(
    ["query", "--home", home],
    [
      [prompt, ".schema\r"],
      [
        `kafka_timestamp[\\s\\S]*${prompt}`,
        'SELECT "index", count(*) AS days, max(close) AS highest\r',
      ],
      ["-> [^\\n]*$", 'FROM index_quotes GROUP BY "index" ORDER BY 3 DESC LIMIT 4;\r'],
      [`rows in[\\s\\S]*${prompt}`, "\\x\r"],
      [`is on[\\s\\S]*${prompt}`, "SELECT * FROM index_quotes LIMIT 1;\r"],
      [`row in[\\s\\S]*${prompt}`, KEYS.end],
    ],
    { ...SIZE, rows: 60 },
    { XDG_STATE_HOME: home },
  );
  await Deno.remove(home, { recursive: true });
  await write("query-shell", {
    written: `$ ticklake query\r\n${all.replaceAll(home, ".ticklake")}`,
    label: "ticklake query, its shell",
    rows: 60,
  } as TerminalPicture);
}

/** The terminal view over the shipped quotes. */
async function watchPicture(): Promise<void> {
  const schema = await loadSchema();
  const state = new WatchState(schema, "index-quotes");
  const reader = new MessageReader(schema, (value) => checkMessage(schema, value));
  // As if the rows had come within the last seconds.
  state.rate(performance.now() - 1900);
  const csv = await Deno.readTextFile(
    new URL("../../data/indexProcessed.csv", import.meta.url),
  );
  const [header, ...lines] = csv.trimEnd().split("\n").map((line) => line.split(","));
  for (const line of lines) {
    const quote = Object.fromEntries(
      header.map((name, i) => [name, i < 2 ? line[i] : Number(line[i])]),
    );
    if (reader.read(new TextEncoder().encode(JSON.stringify(quote))) === null) state.take(reader);
  }
  const report = { partition: 2, first: 9216, last: 12287, rows: 3072, rejected: 0, objects: 12 };
  state.event({ kind: "flushed", flush: { ...report, bytes: 512 * 1024, seconds: 0.04 } });
  const frame = watchFrame(state, { ...SIZE, rows: 30 }, true, performance.now());
  await write("watch", { written: frame.join("\r\n"), label: "consume --watch in a terminal" });
}

const PICTURES = {
  help: helpPicture,
  watch: watchPicture,
  shell: shellPicture,
  dashboard: dashboardPictures,
};

if (!Deno.env.get("TEST_PYTHON")) Deno.env.set("TEST_PYTHON", "python3");
for (const [name, make] of Object.entries(PICTURES)) {
  if (Deno.args.length === 0 || Deno.args.includes(name)) await make();
}
