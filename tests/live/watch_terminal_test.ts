import assert from "node:assert/strict";
import { PERMISSIONS } from "../../scripts/compile.ts";
import { python, runTicklake, serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const PYTHON = { needs: ["python"] } as const;
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[\d+m/g;

interface Seen {
  before: string;
  after: string;
  code: number;
}

/** Shows 500 rows in a terminal that becomes smaller; Ctrl-C ends it. */
async function watch(
  { env = {} as Record<string, string>, interrupts = 1, lake = true } = {},
): Promise<Seen> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-terminal-" });
  try {
    const produce = ["produce", "--home", home, "--rate", "max", "--seed", "1"];
    await runTicklake([...produce, "--count", "500"]);
    // A lake that cannot be written holds up the end.
    if (!lake) {
      await Deno.mkdir(`${home}/lake`);
      await Deno.writeTextFile(`${home}/lake/index_quotes`, "in the way");
    }
    const out = await python(new URL("run_in_terminal.py", import.meta.url), [
      ...[env.TERM === "dumb" ? "TWII" : "(?s)TWII.*\\x1b\\[J", String(interrupts)],
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", `--config=${REPOSITORY}/deno.json`],
      ...[...PERMISSIONS, `${REPOSITORY}/main.ts`, "consume", "--watch", "--home", home],
    ], { TERM: "xterm-256color", NO_COLOR: "", ...env });
    return JSON.parse(out);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function frames(text: string): string[][] {
  return text.split("\x1b[H").slice(1)
    .filter((frame) => frame.includes("\x1b[J"))
    .map((frame) => frame.split(LEAVE)[0].replace("\x1b[J", "\x1b[K").split(/\r+\n/));
}

serviceTest(
  "on a terminal consume --watch is a table that stays in place and fits, also when resized",
  PYTHON,
  async () => {
    const { before, after, code } = await watch();
    assert.equal(code, 0, after);
    // What other commands wrote stays above, and comes back.
    assert.ok(before.includes(ENTER), JSON.stringify(before.slice(0, 200)));
    assert.ok(after.includes(LEAVE));
    const screen = (before + after).slice(before.indexOf(ENTER) + ENTER.length);
    for (const clear of ["\x1b[2J", "\x1b[3J", "\x1b[1J", "\x1bc"]) {
      assert.ok(!screen.includes(clear), "nothing is blank in between");
    }
    const wide = frames(before);
    const [first] = wide.filter((frame) => frame.some((line) => line.includes("TWII")));
    assert.equal(first.filter((line) => / {2}\S+ +\d{4}-\d\d-\d\d /.test(line)).length, 14);
    for (const line of first) assert.ok(line.startsWith("\x1b[K"), "each line is erased");
    // The first one may have been drawn before it knew.
    const small = frames(after).slice(1);
    assert.ok(small.length > 0);
    for (const frame of small) {
      assert.ok(frame.length <= 12, `${frame.length} lines`);
      for (const line of frame) {
        const width = line.replaceAll(COLOUR, "").replaceAll("\x1b[K", "").length;
        assert.ok(width <= 60, `${width} columns: ${line}`);
      }
    }
    assert.match(small.at(-1)!.join("\n"), /and \d+ more/);
    const cut = small.at(-1)!.filter((line) => / {2}\S+ +\d{4}-.*…/.test(line));
    assert.deepEqual(cut, [], "a sparkline without room is left out");
    // Its last frame stays on the screen, and the summary is below it.
    const rest = after.slice(after.indexOf(LEAVE));
    assert.match(rest, /000001\.SS[\s\S]*read 500 messages, wrote 500 rows/);
  },
);

serviceTest(
  "NO_COLOR takes the colours and leaves the table; TERM=dumb has lines",
  PYTHON,
  async () => {
    const plain = await watch({ env: { NO_COLOR: "1" } });
    assert.ok(plain.before.includes(ENTER));
    assert.doesNotMatch(plain.before + plain.after, COLOUR);
    const dumb = await watch({ env: { TERM: "dumb" } });
    assert.ok(!dumb.before.includes("\x1b[H") && !dumb.before.includes(ENTER));
    assert.match(dumb.before, /^partition=\d offset=\d+ Index=TWII /m);
  },
);

serviceTest("a second Ctrl-C gives the terminal back too", PYTHON, async () => {
  const { before, after, code } = await watch({ interrupts: 2, lake: false });
  assert.equal(code, 130, after);
  assert.ok(before.includes(ENTER));
  assert.ok(after.trimEnd().endsWith(LEAVE), JSON.stringify(after.slice(-200)));
});
