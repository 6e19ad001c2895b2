import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RELEASE_TARGETS } from "../../scripts/release_targets.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const NAMES = Object.values(RELEASE_TARGETS).map((target) => `denort-${target}.zip`);
const TAG = `v${Deno.version.deno}`;

/** Checks a folder of downloads against what GitHub says. */
async function check(
  files: Record<string, string>,
  release: { tag_name: string; assets: Array<{ name: string; digest?: string | null }> },
): Promise<number> {
  const folder = await Deno.makeTempDir();
  const downloads = `${folder}/dl/release/${TAG}`;
  await Deno.mkdir(downloads, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${downloads}/${name}`, text);
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-env", `${REPOSITORY}/scripts/check_runtimes.ts`],
    env: { DENO_DIR: folder },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(release)));
  await writer.close();
  const { code } = await child.status;
  await Deno.remove(folder, { recursive: true });
  return code;
}

const sum = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const files = Object.fromEntries(NAMES.map((name) => [name, `the bytes of ${name}`]));
const assets = NAMES.map((name) => ({ name, digest: sum(files[name]) }));

Deno.test("the runtimes of a release must be those of Deno's own release, on each platform", async () => {
  assert.equal(await check(files, { tag_name: TAG, assets }), 0);
});

Deno.test("a runtime that was changed, is missing, or has no sum at GitHub ends the release", async () => {
  const [first, ...others] = NAMES;
  assert.equal(await check({ ...files, [first]: "others" }, { tag_name: TAG, assets }), 1);
  const some = Object.fromEntries(others.map((name) => [name, files[name]]));
  assert.equal(await check(some, { tag_name: TAG, assets }), 1);
  const unsummed = [{ name: first, digest: null }, ...assets.slice(1)];
  assert.equal(await check(files, { tag_name: TAG, assets: unsummed }), 1);
  assert.equal(await check(files, { tag_name: "v2.0.0", assets }), 1);
});
