/**
 * Compiles the program into one file, dist/ticklake:
 *
 *     ./dev compile [options of deno compile, such as --target=aarch64-unknown-linux-gnu]
 *
 * The runtime that the program is appended to is downloaded by `deno compile`, or is the file that
 * `DENORT_BIN` names, of the very same version as Deno.
 */

/** What the program may do: it can neither start programs nor load native code. */
export const PERMISSIONS: readonly string[] = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-sys",
];

/** Files that no import names: data, and modules that run as workers. */
const INCLUDED = [
  "data/indexProcessed.csv",
  "mod/lake/format/encode_worker.ts",
  "mod/live/page",
];

/**
 * How V8's collector trades time for memory. As it comes, it lets the heap grow to four times of what is
 * alive, typed arrays included; twice takes a quarter less memory where hundreds of objects are open, and
 * costs the consumer no time that can be measured (half of that does).
 */
const COLLECTOR = ["--max-semi-space-size=4", "--heap-growing-percent=100"];

/** Packages that only tests use: the compiler takes all of deno.json. */
const TEST_PACKAGES = ["@xterm/headless", "axe-core", "fast-check", "playwright-core", "yaml"];

/**
 * Folders of packages that are left out. The sample data of `bintrees` (of tdigest, of prom-client) has
 * no file extension, is taken for JavaScript, and is one expression so deep that the compiler overflows
 * its stack (denoland/deno#33308).
 */
const LEFT_OUT = ["bintrees/1.0.2/test"];

const root = new URL("..", import.meta.url);

async function deno(args: string[], stdout: "inherit" | "piped" = "inherit"): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null", stdout });
  const output = stdout === "inherit"
    ? { ...await child.spawn().status, stdout: new Uint8Array() }
    : await child.output();
  if (!output.success) Deno.exit(output.code);
  return new TextDecoder().decode(output.stdout);
}

/** Where Deno keeps the packages of each registry. */
async function packageFolders(): Promise<string[]> {
  const { npmCache } = JSON.parse(await deno(["info", "--json"], "piped")) as { npmCache: string };
  return [...Deno.readDirSync(npmCache)].map(({ name }) => `${npmCache}/${name}`);
}

/** What lies in a package's versions: a package itself cannot be excluded, but all that is in it. */
function contentsOf(folder: string): string[] {
  return entriesOf(folder).filter(({ isDirectory }) => isDirectory).flatMap((version) =>
    entriesOf(`${folder}/${version.name}`).map(({ name }) => `${folder}/${version.name}/${name}`)
  );
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

if (import.meta.main) {
  await deno(["install", "--quiet", "--entrypoint", "main.ts", ...INCLUDED.filter(isModule)]);
  const folders = await packageFolders();
  const output = Deno.args.some((arg) => /^(-o|--output)/.test(arg))
    ? []
    : ["--output=dist/ticklake"];
  await deno([
    "compile",
    "--quiet",
    "--no-check",
    // The cache would lie at a name in /tmp that anyone on the host can put a file at.
    "--no-code-cache",
    "--no-prompt",
    `--v8-flags=${COLLECTOR.join(",")}`,
    "--deny-import",
    ...PERMISSIONS,
    ...INCLUDED.map((path) => `--include=${path}`),
    ...folders.flatMap((folder) => [
      ...LEFT_OUT.map((path) => `${folder}/${path}`),
      ...TEST_PACKAGES.flatMap((name) => contentsOf(`${folder}/${name}`)),
    ]).map((path) => `--exclude=${path}`),
    ...output,
    ...Deno.args,
    "main.ts",
  ]);
}

function isModule(path: string): boolean {
  return path.endsWith(".ts");
}
