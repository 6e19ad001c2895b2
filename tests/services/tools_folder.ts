import { fileURLToPath } from "node:url";

/** Top folder of the repository, without a `/` at its end. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Folder of what the tests install; not in git, kept from run to run. */
export const TOOLS = `${REPOSITORY}/.tools`;

/** A service cannot run on this host; the message says what is missing. */
export class Missing extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Missing";
  }
}

/**
 * Installs something below {@linkcode TOOLS} unless the same `version` of it is there. Processes that
 * ask at the same time wait for the one that installs.
 * @throws {Missing} when it cannot be installed.
 */
export async function installOnce(
  name: string,
  version: string,
  install: () => Promise<void>,
): Promise<void> {
  const marker = `${TOOLS}/${name}.installed`;
  const isInstalled = () => readIfThere(marker) === version;
  if (isInstalled()) return;
  Deno.mkdirSync(TOOLS, { recursive: true });
  using lock = await Deno.open(`${TOOLS}/${name}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (isInstalled()) return;
  console.error(`installing ${name} into .tools`);
  const startedAt = performance.now();
  await install();
  Deno.writeTextFileSync(marker, version);
  console.error(`installed ${name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Has Maven copy the jars that a POM names into `libs/` of a folder below {@linkcode TOOLS}. @throws {Missing} */
export async function fetchJars(name: string, pom: string): Promise<void> {
  const output = `-DoutputDirectory=${TOOLS}/${name}/libs`;
  await runTool("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", output]);
}

/**
 * Runs a program to its end and gives its standard output.
 * @throws {Missing} when there is no such program, or it fails.
 */
export async function runTool(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command(program, { args, env, stdin: "null" }).output();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new Missing(`${program} is not installed`, { cause });
    }
    throw cause;
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!result.success) {
    const said = `${text(result.stderr)}\n${text(result.stdout)}`.trim().split("\n").slice(-5);
    throw new Missing(`${program} ${args.slice(0, 3).join(" ")} failed: ${said.join(" / ")}`);
  }
  return text(result.stdout);
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
