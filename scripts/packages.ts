/**
 * Builds `.deb` and `.rpm` packages from the Linux binaries in a folder, next to them:
 *
 *     ./dev packages FOLDER
 *
 * Installs nfpm with Go if it is missing.
 */
import { gzipSync } from "node:zlib";
import { completedCommands, globalFlags } from "../mod/cli/completions.ts";
import { bashCompletions } from "../mod/cli/completions_bash.ts";
import { fishCompletions } from "../mod/cli/completions_fish.ts";
import { zshCompletions } from "../mod/cli/completions_zsh.ts";
import { manualPage } from "../mod/cli/manual_page.ts";
import { COMMANDS } from "../mod/commands/table.ts";
import { VERSION } from "../mod/config/version.ts";
import { installGoTool } from "../tests/services/go_tool.ts";
import { runTool } from "../tests/services/tools_folder.ts";

/** nfpm's names of the architectures; it translates them for RPM. */
const ARCHITECTURES = { "linux-x64": "amd64", "linux-arm64": "arm64" };

const [folder] = Deno.args;
if (folder === undefined) {
  console.error("usage: packages.ts FOLDER");
  Deno.exit(2);
}
const nfpm = await installGoTool("github.com/goreleaser/nfpm/v2/cmd/nfpm", "v2.43.0");
const generated = await Deno.makeTempDir({ prefix: "ticklake-packages-" });
try {
  const commands = completedCommands(COMMANDS);
  const write = (name: string, content: string | Uint8Array) =>
    Deno.writeFile(
      `${generated}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  await write("completions.bash", bashCompletions(commands, globalFlags()));
  await write("completions.zsh", zshCompletions(commands, globalFlags()));
  await write("completions.fish", fishCompletions(commands, globalFlags()));
  await write("ticklake.1.gz", gzipSync(manualPage(COMMANDS, VERSION), { level: 9 }));
  let made = 0;
  for (const [target, arch] of Object.entries(ARCHITECTURES)) {
    const binary = await Deno.realPath(`${folder}/ticklake-${target}`).catch(() => undefined);
    if (binary === undefined) continue;
    for (const format of ["deb", "rpm"]) {
      const args = ["package", "-f", "deploy/packages/nfpm.yaml", "-p", format, "-t"];
      await runTool(nfpm, [...args, folder], {
        VERSION,
        ARCH: arch,
        BINARY: binary,
        GENERATED: generated,
      });
      made++;
    }
  }
  if (made === 0) {
    console.error(`error: ${folder} has no Linux binary`);
    console.error(`  fix: ./dev compile --output=${folder}/ticklake-linux-x64`);
    Deno.exitCode = 1;
  }
} finally {
  await Deno.remove(generated, { recursive: true });
}
