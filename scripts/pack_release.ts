/**
 * Makes a release's files out of its binaries:
 *
 *     deno run --allow-read --allow-write scripts/pack_release.ts FOLDER REPOSITORY_URL
 *
 * FOLDER holds the binaries `ticklake-linux-x64` and so on, and packages (.deb, .rpm) where they were built;
 * it gets the binaries packed, `install.sh`, the manual page, the Homebrew formula, the bill of materials, what runs and watches the program on a
 * host, and `SHA256SUMS` of all these.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import manifest from "../deno.json" with { type: "json" };
import { manualPage } from "../mod/cli/manual_page.ts";
import { COMMANDS } from "../mod/commands/table.ts";
import { billOfMaterials } from "./sbom.ts";
import { RELEASE_TARGETS } from "./release_targets.ts";

/** What a host needs besides the binary. */
const DEPLOYED = [
  "deploy/systemd/ticklake-consume.service",
  "deploy/systemd/ticklake-produce.service",
  "deploy/cron/ticklake-cron",
  "deploy/prometheus/ticklake.rules.yaml",
  "deploy/grafana/ticklake.json",
  "deploy/cloudformation/ticklake.yaml",
  "deploy/kubernetes/ticklake.yaml",
];

const [folder, repository] = Deno.args;
if (folder === undefined || repository === undefined) {
  console.error("usage: pack_release.ts FOLDER REPOSITORY_URL");
  Deno.exit(2);
}

/** Names of the files, with their checksums. */
const sums = new Map<string, string>();
const add = (name: string, bytes: Uint8Array) => {
  Deno.writeFileSync(`${folder}/${name}`, bytes);
  sums.set(name, createHash("sha256").update(bytes).digest("hex"));
};
for (const target of Object.keys(RELEASE_TARGETS)) {
  const binary = `${folder}/ticklake-${target}`;
  // The header has no time in it, so that equal binaries make equal files.
  if (target.endsWith(".exe")) {
    // Windows runs it as it is downloaded; it has no gzip.
    add(`ticklake-${target}`, Deno.readFileSync(binary));
    continue;
  }
  add(`ticklake-${target}.gz`, gzipSync(Deno.readFileSync(binary), { level: 9 }));
  Deno.removeSync(binary);
}
for (const file of DEPLOYED) {
  add(
    file.slice(file.lastIndexOf("/") + 1),
    Deno.readFileSync(new URL(`../${file}`, import.meta.url)),
  );
}
for (const { name } of [...Deno.readDirSync(folder)]) {
  if (/\.(deb|rpm)$/.test(name)) add(name, Deno.readFileSync(`${folder}/${name}`));
}
const text = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const encoder = new TextEncoder();
const page = encoder.encode(manualPage(COMMANDS, manifest.version));
add("ticklake.1.gz", gzipSync(page, { level: 9 }));
add("sbom.cdx.json", encoder.encode(billOfMaterials()));
const script = text("install.sh").replaceAll("@REPOSITORY@", repository);
add("install.sh", encoder.encode(script));
const formula = text("../deploy/packages/ticklake.rb")
  .replaceAll("@REPOSITORY@", repository)
  .replaceAll("@VERSION@", manifest.version)
  .replace(/@SHA256:([^@]+)@/g, (_, name) => sums.get(name)!);
add("ticklake.rb", encoder.encode(formula));
const lines = [...sums].map(([name, sum]) => `${sum}  ${name}\n`);
Deno.writeTextFileSync(`${folder}/SHA256SUMS`, lines.join(""));
