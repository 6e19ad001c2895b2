import { installOnce, REPOSITORY, runTool, TOOLS } from "./tools_folder.ts";

/** The interpreter of the tests' own virtual environment. */
export const VENV_PYTHON = `${TOOLS}/venv/bin/python`;

/** The interpreter of the virtual environment with readers of Iceberg tables. */
export const ICEBERG_PYTHON = `${TOOLS}/iceberg-venv/bin/python`;

/** The interpreter of the virtual environment with Confluent's client. */
export const CONFLUENT_PYTHON = `${TOOLS}/confluent-venv/bin/python`;

/**
 * Makes the virtual environment of requirements.txt unless it is there.
 * @throws {Missing} without Python, its venv, or when a package cannot be fetched.
 */
export function installPython(): Promise<void> {
  return installVenv("venv", "requirements.txt");
}

/** As {@linkcode installPython}, of iceberg_requirements.txt. */
export function installIcebergPython(): Promise<void> {
  return installVenv("iceberg-venv", "iceberg_requirements.txt");
}

/** As {@linkcode installPython}, of confluent_requirements.txt. */
export function installConfluentPython(): Promise<void> {
  return installVenv("confluent-venv", "confluent_requirements.txt");
}

async function installVenv(name: string, file: string): Promise<void> {
  const requirements = `${REPOSITORY}/tests/services/${file}`;
  await installOnce(name, Deno.readTextFileSync(requirements), async () => {
    await runTool("python3", ["-m", "venv", `${TOOLS}/${name}`]);
    const pip = ["-m", "pip", "install", "--quiet", "-r", requirements];
    await runTool(`${TOOLS}/${name}/bin/python`, pip);
  });
}
