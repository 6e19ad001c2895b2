/**
 * Compiles the program into one file, dist/ticklake:
 *
 *     ./dev compile [options of deno compile, such as --target=aarch64-unknown-linux-gnu]
 *
 * The runtime that the program is appended to is downloaded by `deno compile`, or is the file that
 * `DENORT_BIN` names, of the very same version as Deno. With `SIZES=1` it says what the program is made
 * of, by package.
 */

/** What the program may do: it can neither start programs nor load native code. */
export const PERMISSIONS: readonly string[] = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-sys",
];

/**
 * How V8's collector trades time for memory. As it comes, it lets the heap grow to four times of what is
 * alive, typed arrays included; three times takes less memory where many objects are open, and costs no
 * time that can be measured. Twice costs the consumer a sixteenth of its time and saves no memory more:
 * what is alive is little, since the program is bundled.
 */
const COLLECTOR = ["--max-semi-space-size=4", "--heap-growing-percent=200"];

/** What is missing where the compiler cannot fetch the runtime. */
const NO_RUNTIME =
  `error: the runtime that executables are made of (denort) cannot be downloaded from dl.deno.land
  fix: connect to the network, or name a denort of Deno ${Deno.version.deno} with DENORT_BIN`;

const root = new URL("..", import.meta.url);

/** A step that Deno could not do; it has said why. */
class StepFailed extends Error {}

async function deno(args: string[], cwd: URL | string = root): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr).trimEnd();
  if (!success) throw new StepFailed(/dl\.deno\.land|DENORT/.test(said) ? NO_RUNTIME : said);
  if (said !== "") console.error(said);
}

/** A folder `node_modules` with the packages of deno.json, as bundlers want them. */
async function installPackages(folder: string): Promise<string> {
  for (const file of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(new URL(file, root), `${folder}/${file}`);
  }
  await deno(["install", "--quiet", "--node-modules-dir=auto"], folder);
  return `${folder}/node_modules`;
}

async function compile(main: string, included: string[]): Promise<void> {
  const output = Deno.args.some((arg) => /^(-o|--output)/.test(arg))
    ? []
    : ["--output=dist/ticklake"];
  await deno([
    "compile",
    "--quiet",
    "--no-check",
    "--no-config",
    // The cache would lie at a name in /tmp that anyone on the host can put a file at.
    "--no-code-cache",
    "--no-prompt",
    `--v8-flags=${COLLECTOR.join(",")}`,
    "--deny-import",
    ...PERMISSIONS,
    ...included.map((path) => `--include=${path}`),
    ...output,
    ...Deno.args,
    main,
  ]);
}

function sizeTable(sizes: ReadonlyMap<string, number>): string {
  return [...sizes].toSorted(([, a], [, b]) => b - a).slice(0, 20)
    .map(([name, bytes]) => `${String(Math.round(bytes / 1000)).padStart(8)} kB  ${name}`)
    .join("\n");
}

if (import.meta.main) {
  const { bundle } = await import("./bundle.ts");
  const folder = await Deno.makeTempDir({ prefix: "ticklake-compile-" });
  try {
    const packages = await installPackages(folder);
    const { main, included, sizes } = await bundle(`${folder}/program`, packages);
    await compile(main, included);
    if (Deno.env.has("SIZES")) console.log(sizeTable(sizes));
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
