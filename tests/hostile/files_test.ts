import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { spawnTicklake, type TicklakeResult } from "../services/services.ts";
import { smallDiskTest } from "../small_disk.ts";

const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n";
const ROW = "HSI,2024-01-02,1,2,0.5,1.5,1.5,7,0.2\n";

/** Milliseconds that a command may take over a file; then it gets SIGTERM, and may take as long to end. */
const PATIENCE_MS = 2500;

const folder = Deno.makeTempDirSync({ prefix: "ticklake-kinds-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Makes what its name says at a path, and may go on changing it until it is stopped. */
type Kind = (path: string) => Promise<(() => void) | void>;

const KINDS: Record<string, Kind> = {
  link: async (path) => {
    await Deno.writeTextFile(`${path}.target`, HEADER + ROW);
    await Deno.symlink(`${path}.target`, path);
  },
  "dangling link": (path) => Deno.symlink(`${path}.nowhere`, path),
  "link to itself": (path) => Deno.symlink(path, path),
  "pipe without a writer": makePipe,
  "pipe with a writer": async (path) => {
    await makePipe(path);
    await Deno.writeTextFile(`${path}.rows`, HEADER + ROW);
    // Not in this process: opening a pipe that nobody reads blocks one of its threads.
    const writer = new Deno.Command("sh", { args: ["-c", 'cat "$0.rows" > "$0"', path] }).spawn();
    return () => {
      try {
        writer.kill("SIGKILL");
      } catch { /* it has written all */ }
    };
  },
  "endless device": (path) => Deno.symlink("/dev/zero", path),
  "empty device": (path) => Deno.symlink("/dev/null", path),
  directory: (path) => Deno.mkdir(path),
  empty: (path) => Deno.writeTextFile(path, ""),
  growing: async (path) => {
    await Deno.writeTextFile(path, HEADER);
    return every(() => Deno.writeTextFileSync(path, ROW.repeat(100), { append: true }));
  },
  truncated: async (path) => {
    await Deno.writeTextFile(path, HEADER + ROW.repeat(1000));
    return every(() => Deno.truncateSync(path, 0));
  },
  vanishing: async (path) => {
    await Deno.writeTextFile(path, HEADER + ROW.repeat(1000));
    return every(() => {
      try {
        Deno.removeSync(path);
      } catch { /* gone already */ }
    });
  },
};

async function makePipe(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(success);
}

function every(change: () => void): () => void {
  const timer = setInterval(change, 300);
  return () => clearInterval(timer);
}

/** Commands that read a file that the user names; `FILE` stands for it. */
const READERS: Record<string, { args: string[]; env?: Record<string, string> }> = {
  sample: { args: ["produce", "--input", "FILE", "--rate", "200", "-n", "200"] },
  replay: {
    args: ["produce", "--mode", "replay", "--input", "FILE", "--rate", "200", "-n", "200"],
  },
  loop: { args: ["produce", "--mode", "replay", "--loop", "--input", "FILE", "--rate", "500"] },
  schema: { args: ["status", "--schema", "FILE"] },
  statement: { args: ["query", "--file", "FILE"] },
  settings: { args: ["config", "--env-file", "FILE"] },
  secret: {
    args: ["dashboard", "--listen", "127.0.0.1:0"],
    env: { TICKLAKE_DASHBOARD_TOKEN_FILE: "FILE" },
  },
};

/** Runs until its end, or until it has been asked to end. */
async function run(
  args: string[],
  options: { env: Record<string, string>; cwd: string },
): Promise<TicklakeResult | "hangs"> {
  await using program = spawnTicklake(args, options);
  const within = (ms: number) => {
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<undefined>((resolve) =>
      timer = setTimeout(() => resolve(undefined), ms)
    );
    return Promise.race([program.result, late]).finally(() => clearTimeout(timer));
  };
  const done = await within(PATIENCE_MS);
  if (done !== undefined) return done;
  program.signal("SIGTERM");
  return await within(PATIENCE_MS) ?? "hangs";
}

for (const [name, make] of Object.entries(KINDS)) {
  Deno.test(`${name} in the place of a file is read or refused, and never hangs a command`, async () => {
    const place = `${folder}/${crypto.randomUUID()}`;
    await Deno.mkdir(place);
    await Promise.all(
      Object.entries(READERS).map(async ([reader, { args, env = {} }]) => {
        const path = `${place}/${reader}`;
        const stop = await make(path);
        const named = (text: string) => text === "FILE" ? path : text;
        const variables = Object.entries(env).map(([name, text]) => [name, named(text)]);
        const cwd = `${path}.cwd`;
        await Deno.mkdir(cwd);
        const result = await run(args.map(named), { env: Object.fromEntries(variables), cwd });
        stop?.();
        const what = `${args.join(" ")} of ${name}`;
        assert.notEqual(result, "hangs", what);
        const { code, signal, stderr } = result as TicklakeResult;
        const told = `${what}: ${code} ${signal}\n${stderr}`;
        assert.doesNotMatch(stderr, /defect|panicked|Uncaught/, told);
        // A signal ends what has not begun to listen for it.
        assert.ok(code <= 4 || signal === "SIGTERM", told);
        if (code > 0 && signal === null) assert.match(stderr, /^error: /m, told);
      }),
    );
  });
}

Deno.test("without a directory for temporary files it says so", async () => {
  const env = { TMPDIR: `${folder}/no/such/directory` };
  await using demo = spawnTicklake(["demo"], { env });
  const { code, stderr } = await demo.result;
  assert.equal(code, 1);
  assert.match(stderr, /cannot create a temporary directory[\s\S]*fix: Set TMPDIR/);
});

Deno.test("a schema from a pipe, as <(command), is one", async () => {
  const pipe = `${folder}/schema`;
  await makePipe(pipe);
  const schema = new URL("../../data/index_quotes.schema.json", import.meta.url);
  const written = Deno.readTextFile(schema).then((text) => Deno.writeTextFile(pipe, text));
  await using producing = spawnTicklake(["produce", "-n", "1", "--rate", "max", "--schema", pipe]);
  const { code, stderr } = await producing.result;
  assert.equal(code, 0, stderr);
  await written;
});

/** What is kept of a disk when a pipe is copied to it, and a little more. */
const DISK = 560 * 2 ** 20;

smallDiskTest(
  "an endless pipe in sample mode leaves the disk of temporary files free",
  DISK,
  async (disk) => {
    const pipe = `${folder}/endless`;
    await makePipe(pipe);
    const script = `yes "${ROW.trim()}" > "${pipe}"`;
    const writer = new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).spawn();
    await using sampling = spawnTicklake(["produce", "--input", pipe], {
      env: { TMPDIR: disk.path },
    });
    const { code, stderr } = await sampling.result;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /nearly full[^]*fix: Set TMPDIR/);
    await writer.output();
    assert.ok(statfsSync(disk.path).bavail * statfsSync(disk.path).bsize > DISK - 2 ** 20);
  },
);
