import { Missing, runTool } from "./tools_folder.ts";

/** Where Debian's packages, Temurin's and GitHub's runners put their JDKs. */
const FOLDER = "/usr/lib/jvm";

/**
 * Path of a `java` of some versions, both ends included: the one in PATH, or one below /usr/lib/jvm.
 * @throws {Missing} when there is none
 */
export async function findJava(atLeast: number, atMost = Infinity): Promise<string> {
  for (const program of ["java", ...programs()]) {
    const version = await versionOf(program).catch(() => 0);
    if (version >= atLeast && version <= atMost) return program;
  }
  const wanted = atMost === Infinity ? `${atLeast} or newer` : `${atLeast} to ${atMost}`;
  throw new Missing(`no JDK ${wanted} in PATH or ${FOLDER}`);
}

function programs(): string[] {
  try {
    return [...Deno.readDirSync(FOLDER)].map(({ name }) => `${FOLDER}/${name}/bin/java`).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function versionOf(java: string): Promise<number> {
  const said = await runTool(java, ["--version"]);
  return Number(/^\S+ (\d+)/.exec(said)?.[1] ?? 0);
}
