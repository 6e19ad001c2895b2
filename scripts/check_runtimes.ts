/**
 * Checks the runtimes that a release's executables were made of:
 *
 *     gh api repos/denoland/deno/releases/tags/vVERSION | deno run --allow-read --allow-env scripts/check_runtimes.ts
 *
 * `deno compile` downloads them (denort) from dl.deno.land, and checks no hash. GitHub has the same files, with SHA-256
 * sums of its own: what differs was changed at one of the two. Ends with exit code 1 then, and when one is missing.
 */
import { createHash } from "node:crypto";
import { RELEASE_TARGETS } from "./release_targets.ts";

/** What of GitHub's answer is needed: https://docs.github.com/en/rest/releases/releases */
interface Release {
  tag_name: string;
  assets: ReadonlyArray<{ name: string; digest?: string | null }>;
}

const { tag_name: tag, assets } = JSON.parse(
  await new Response(Deno.stdin.readable).text(),
) as Release;
const folder = `${denoDir()}/dl/release/${tag}`;
let failed = tag !== `v${Deno.version.deno}`;
if (failed) console.error(`error: expected the release of Deno ${Deno.version.deno}, found ${tag}`);
for (const target of Object.values(RELEASE_TARGETS)) {
  const name = `denort-${target}.zip`;
  const found = digestOf(`${folder}/${name}`);
  const expected = assets.find((asset) => asset.name === name)?.digest ?? undefined;
  const isSame = found !== undefined && found === expected;
  failed ||= !isSame;
  console.log(`${isSame ? "ok" : "DIFFERS"} ${name}: found ${found}, at GitHub ${expected}`);
}
Deno.exit(failed ? 1 : 0);

function denoDir(): string {
  return Deno.env.get("DENO_DIR") || `${Deno.env.get("HOME")}/.cache/deno`;
}

function digestOf(path: string): string | undefined {
  try {
    return `sha256:${createHash("sha256").update(Deno.readFileSync(path)).digest("hex")}`;
  } catch {
    return undefined;
  }
}
