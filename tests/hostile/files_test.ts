import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { inParallel } from "../../mod/verify/in_parallel.ts";
import {
  runTicklake,
  serviceTest,
  spawnTicklake,
  type TicklakeResult,
} from "../services/services.ts";
import { smallDiskTest } from "../small_disk.ts";

const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n";
const ROW = "HSI,2024-01-02,1,2,0.5,1.5,1.5,7,0.2\n";

/** Milliseconds that a command may wait for a file, its start included, or read it; then it gets SIGTERM. */
const WAIT_MS = 2500;

/** Milliseconds for which a command that goes on reading, or serves, is left to it. */
const READS_MS = 1200;

/** Milliseconds that a command may take over a file that nothing has to come for, and to end at SIGTERM. */
const PATIENCE_MS = 15_000;

/** Command lines that run at once. */
const TOGETHER = 5;

const folder = Deno.makeTempDirSync({ prefix: "ticklake-kinds-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Makes what its name says at a path; what it gives changes that from then on, until it is stopped. */
type Kind = (path: string) => Promise<(() => () => void) | void>;

/** Kinds that are waited for until a signal ends the program. */
const WAITING = ["pipe without a writer", "pipe with a silent writer"];

const KINDS: Record<string, Kind> = {
  link: async (path) => {
    await Deno.writeTextFile(`${path}.target`, HEADER + ROW);
    await Deno.symlink(`${path}.target`, path);
  },
  "dangling link": (path) => Deno.symlink(`${path}.nowhere`, path),
  "link to itself": (path) => Deno.symlink(path, path),
  "pipe without a writer": makePipe,
  "pipe with a silent writer": async (path) => {
    await makePipe(path);
    const writer = new Deno.Command("sh", { args: ["-c", 'exec sleep 60 > "$0"', path] }).spawn();
    return () => () => writer.kill("SIGKILL");
  },
  "pipe with a writer": async (path) => {
    await makePipe(path);
    await Deno.writeTextFile(`${path}.rows`, HEADER + ROW);
    // Not in this process: opening a pipe that nobody reads blocks one of its threads.
    const writer = new Deno.Command("sh", { args: ["-c", 'cat "$0.rows" > "$0"', path] }).spawn();
    return () => () => {
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

function every(change: () => void): () => () => void {
  return () => {
    change();
    const timer = setInterval(change, 300);
    return () => clearInterval(timer);
  };
}

interface Reader {
  args: string[];
  env?: Record<string, string>;
  /** What it says when it works, from where on the file changes. @default {at once} */
  reads?: RegExp;
}

/** Commands that read a file that the user names; `FILE` stands for it. */
const READERS: Record<string, Reader> = {
  sample: {
    args: ["produce", "--input", "FILE", "--rate", "500", "-n", "500"],
    reads: /sampling random/,
  },
  replay: {
    args: ["produce", "--mode", "replay", "--input", "FILE", "--rate", "200", "-n", "200"],
    reads: /replaying/,
  },
  loop: {
    args: ["produce", "--mode", "replay", "--loop", "--input", "FILE", "--rate", "2000"],
    reads: /replaying/,
  },
  schema: { args: ["status", "--schema", "FILE"] },
  statement: { args: ["query", "--file", "FILE"] },
  inferred: { args: ["schema", "infer", "FILE"] },
  "message schema": {
    args: ["consume", "--until-end", "--message-format", "avro", "--message-schema", "FILE"],
  },
  certificates: {
    args: ["topic", "list"],
    env: {
      KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1",
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_SSL_CA_FILE: "FILE",
    },
  },
  settings: { args: ["config", "--env-file", "FILE"] },
  secret: {
    args: ["dashboard", "--listen", "127.0.0.1:0"],
    env: { TICKLAKE_DASHBOARD_TOKEN_FILE: "FILE" },
    reads: /dashboard at/,
  },
};

/** Readers of the short form: the others read as `statement` does. */
const SHORT = ["sample", "replay", "loop", "statement", "certificates"];

/** Whether all readers are tried, as by `./dev hostile`. */
const IS_LONG = Deno.env.get("TEST_HOSTILE") === "1";

const TRIED = Object.entries(READERS).filter(([reader]) => IS_LONG || SHORT.includes(reader));

/** Runs until its end, or until it has been asked to end. */
async function run(
  args: string[],
  options: { env: Record<string, string>; cwd: string },
  { reads, waits, begin }: { reads?: RegExp; waits: boolean; begin: () => void },
): Promise<TicklakeResult | "hangs"> {
  // From source it takes longer to start than it may wait here.
  await using program = spawnTicklake(args, { ...options, binary: true });
  const within = (ms: number) => {
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<undefined>((resolve) =>
      timer = setTimeout(() => resolve(undefined), ms)
    );
    return Promise.race([program.result, late]).finally(() => clearTimeout(timer));
  };
  const patience = waits ? WAIT_MS : PATIENCE_MS;
  if (reads !== undefined) await program.waitFor(reads, patience).catch(() => {});
  begin();
  const done = await within(reads === undefined ? patience : READS_MS);
  if (done !== undefined) return done;
  program.signal("SIGTERM");
  return await within(PATIENCE_MS) ?? "hangs";
}

for (const [name, make] of Object.entries(KINDS)) {
  const what = `${name} in the place of a file is read or refused, and never hangs a command`;
  serviceTest(what, { needs: ["binary"] }, async () => {
    const place = `${folder}/${crypto.randomUUID()}`;
    await Deno.mkdir(place);
    const waits = WAITING.includes(name);
    await inParallel(
      TRIED.map(([reader, { args, env = {}, reads }]) => async () => {
        const path = `${place}/${reader}`;
        const change = await make(path);
        let stop: (() => void) | undefined;
        const begin = () => stop ??= change?.();
        const named = (text: string) => text === "FILE" ? path : text;
        const variables = Object.entries(env).map(([name, text]) => [name, named(text)]);
        const cwd = `${path}.cwd`;
        await Deno.mkdir(cwd);
        const options = { env: Object.fromEntries(variables), cwd };
        const result = await run(args.map(named), options, { reads, waits, begin });
        stop?.();
        const what = `${args.join(" ")} of ${name}`;
        assert.notEqual(result, "hangs", what);
        const { code, signal, stderr } = result as TicklakeResult;
        const told = `${what}: ${code} ${signal}\n${stderr}`;
        assert.doesNotMatch(stderr, /defect|panicked|Uncaught/, told);
        // Settings are read before it listens for signals.
        if (signal === "SIGTERM" && waits) return;
        assert.equal(signal, null, told);
        assert.ok(code <= 4, told);
        if (code > 0) assert.match(stderr, /^error: /m, told);
      }),
      TOGETHER,
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

Deno.test("a directory for temporary files may be a link; one that leads nowhere is named", async () => {
  const [there, link, broken] = ["there", "link", "broken"].map((name) => `${folder}/tmp-${name}`);
  await Deno.mkdir(there);
  await Deno.symlink(there, link);
  await Deno.symlink(`${there}/nowhere`, broken);
  const sample = (env: Record<string, string>) =>
    runTicklake(["produce", "--input", "-", "-n", "1", "--rate", "max"], {
      env,
      stdin: HEADER + ROW,
    });
  const { code, stderr } = await sample({ TMPDIR: link });
  assert.equal(code, 0, stderr);
  assert.deepEqual([...Deno.readDirSync(there)], [], "a temporary file is left");
  const refused = await sample({ TMPDIR: broken });
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /it does not fit into a temporary file[^]*fix: Set TMPDIR/);
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
