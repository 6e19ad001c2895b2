import { installOnce, REPOSITORY, runTool, TOOLS } from "./tools_folder.ts";

/** The interpreter of the tests' own virtual environment. */
export const VENV_PYTHON = `${TOOLS}/venv/bin/python`;

/**
 * Makes the virtual environment of requirements.txt unless it is there.
 * @throws {Missing} without Python, its venv, or when a package cannot be fetched.
 */
export async function installPython(): Promise<void> {
  const requirements = `${REPOSITORY}/tests/services/requirements.txt`;
  await installOnce("venv", Deno.readTextFileSync(requirements), async () => {
    await runTool("python3", ["-m", "venv", `${TOOLS}/venv`]);
    await runTool(VENV_PYTHON, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  });
}
