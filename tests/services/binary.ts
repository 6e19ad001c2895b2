import { Missing, REPOSITORY } from "./tools_folder.ts";

/**
 * Compiles the program into a folder, with the Deno that runs the tests.
 * @throws {Missing} when it cannot be compiled, as where the runtime's download is out of reach
 */
export async function compileBinary(folder: string): Promise<string> {
  const file = `${folder}/ticklake`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile", `--output=${file}`],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return file;
  const said = new TextDecoder().decode(stderr).split("Stack backtrace")[0].replace(/\s+/g, " ");
  throw new Missing(`the program was not compiled: ${said.trim()}`);
}
