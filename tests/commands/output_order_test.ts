import assert from "node:assert/strict";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { runTicklake, serviceTest } from "../services/services.ts";
import { typeInto } from "../terminal/terminal.ts";

/** Has standard error go where standard output goes, so that their order is seen. */
const MERGED = ["sh", "-c", 'exec "$@" 2>&1', "sh"];

/** Runs in a folder with a topic of 10,000 quotes in files, one of them compressed. */
async function withFiles(run: (cwd: string, input: string[]) => Promise<void>): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-order-" });
  try {
    const shipped = new URL("../../data/indexProcessed.csv", import.meta.url);
    const [header, ...lines] = (await Deno.readTextFile(shipped)).trimEnd().split("\n");
    await Deno.writeTextFile(`${cwd}/a.csv`, [header, ...lines.slice(0, 8000)].join("\n"));
    const rest = new Blob([[header, ...lines.slice(8000, 10_000)].join("\n")]).stream();
    await Deno.writeFile(`${cwd}/b.csv.gz`, rest.pipeThrough(new CompressionStream("gzip")));
    await run(cwd, ["--input", `${cwd}/a.csv`, "--input", `${cwd}/b.csv.gz`, "--mode", "replay"]);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function rowObjects(cwd: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const below = `${path}/${name}`;
      if (isDirectory) await look(below);
      else if (parseObjectName(below.slice(below.indexOf("index_quotes")))) found.push(below);
    }
  };
  await look(`${cwd}/.ticklake/lake/index_quotes`);
  return found.sort();
}

const LOG_LINE = /^\d{4}-\d\d-\d\dT\S+ (debug|info|warning|error|fatal) /;

Deno.test("no command logs anything after its result", async () => {
  await withFiles(async (cwd, input) => {
    const commands: string[][] = [
      ["produce", ...input, "--rate", "max"],
      ["consume", "--until-end", "--flush-rows", "1000"],
      ["status"],
      ["verify", "--deep"],
      ["topic", "show"],
      ["topic", "read", "-n", "3"],
      ["dead-letters", "list"],
      ["dead-letters", "replay"],
      ["reset", "--to", "lake"],
      ["reset", "--to", "earliest", "--rewrite"],
      ["consume", "--until-end"],
      ["repair"],
      ["maintain", "--merge"],
      ["query", "SELECT count(*) FROM index_quotes"],
      ["doctor"],
    ];
    for (const command of commands) {
      const args = [...command, "--json", "--log-level", "debug"];
      const { code, stdout } = await runTicklake(args, { cwd, wrapper: MERGED });
      const lines = stdout.trimEnd().split("\n");
      const result = lines.findIndex((line) => /^[{[]/.test(line));
      assert.ok(code === 0 && result >= 0, `${command.join(" ")}: exit ${code}: ${stdout}`);
      const later = lines.slice(result + 1).filter((line) => LOG_LINE.test(line));
      assert.deepEqual(later, [], command.join(" "));
    }
  });
});

serviceTest(
  "whatever takes its time says percent in a terminal, and leaves nothing of it",
  { needs: ["python"] },
  async () => {
    await withFiles(async (cwd, input) => {
      const home = ["--home", `${cwd}/.ticklake`];
      const drawn = async (pattern: RegExp, ...command: string[]) => {
        const { all, code } = await typeInto([...command, ...home], [], { columns: 120, rows: 30 });
        assert.equal(code, 0, `${command.join(" ")}: ${all}`);
        assert.match(all, pattern, command.join(" "));
        // The last that is drawn is taken away.
        const last = all.lastIndexOf("%");
        assert.ok(all.indexOf("\r\x1b[K", last) > last, JSON.stringify(all.slice(-300)));
      };
      const NUMBER = "\\d[\\d,]*";
      await drawn(
        new RegExp(`sent ${NUMBER} rows, \\d+%, ${NUMBER} a second, \\d+ s left`),
        // Slow enough that a busy machine has time to draw it.
        ...["produce", ...input, "--rate", "3000"],
      );
      await drawn(
        new RegExp(`read ${NUMBER} of 10,000 messages, \\d+%`),
        ...["consume", "--until-end", "--flush-rows", "1000"],
      );
      const object = new RegExp(`read ${NUMBER} of \\d+ objects, \\d+%`);
      await drawn(object, "verify", "--deep");
      await drawn(/loaded 1 of \d+ objects, \d+%/, "query", "SELECT count(*) FROM index_quotes");
      const [first] = await rowObjects(cwd);
      await Deno.remove(first);
      await drawn(object, "repair");
      await drawn(object, "verify", "--deep");
      await drawn(
        new RegExp(`read ${NUMBER} of 10,000 messages, \\d+%`),
        ...["topic", "read", "--where", "Index=nowhere"],
      );
      await drawn(/removed \d+ of \d+ objects?, \d+%/, "reset", "--to", "earliest", "--rewrite");
    });
  },
);
