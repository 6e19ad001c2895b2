import { installOnce, runTool, TOOLS } from "./tools_folder.ts";

/**
 * Builds a program with Go unless this version is already installed.
 * @param module path of its package, such as `github.com/rhysd/actionlint/cmd/actionlint`
 * @returns path of the executable
 * @throws {Missing} without Go, or when a module cannot be fetched.
 */
export async function installGoTool(module: string, version: string): Promise<string> {
  const name = module.slice(module.lastIndexOf("/") + 1);
  await installOnce(name, version, async () => {
    const env = { GOBIN: `${TOOLS}/${name}`, GOFLAGS: "-trimpath" };
    await runTool("go", ["install", `${module}@${version}`], env);
  });
  return `${TOOLS}/${name}/${name}`;
}
