/**
 * Makes a release's files out of its binaries:
 *
 *     deno run --allow-read --allow-write scripts/pack_release.ts FOLDER REPOSITORY_URL
 *
 * FOLDER holds the binaries `ticklake-linux-x64` and so on; it gets them packed, `install.sh`, what runs
 * and watches the program on a host, and `SHA256SUMS` of all these.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { RELEASE_TARGETS } from "./release_targets.ts";

/** What a host needs besides the binary. */
const DEPLOYED = [
  "deploy/systemd/ticklake-consume.service",
  "deploy/systemd/ticklake-produce.service",
  "deploy/cron/ticklake-cron",
  "deploy/prometheus/ticklake.rules.yaml",
  "deploy/grafana/ticklake.json",
];

const [folder, repository] = Deno.args;
if (folder === undefined || repository === undefined) {
  console.error("usage: pack_release.ts FOLDER REPOSITORY_URL");
  Deno.exit(2);
}

const sums: string[] = [];
const add = (name: string, bytes: Uint8Array) => {
  Deno.writeFileSync(`${folder}/${name}`, bytes);
  sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`);
};
for (const target of Object.keys(RELEASE_TARGETS)) {
  const binary = `${folder}/ticklake-${target}`;
  // The header has no time in it, so that equal binaries make equal files.
  add(`ticklake-${target}.gz`, gzipSync(Deno.readFileSync(binary), { level: 9 }));
  Deno.removeSync(binary);
}
for (const file of DEPLOYED) {
  add(
    file.slice(file.lastIndexOf("/") + 1),
    Deno.readFileSync(new URL(`../${file}`, import.meta.url)),
  );
}
const script = Deno.readTextFileSync(new URL("install.sh", import.meta.url));
add("install.sh", new TextEncoder().encode(script.replaceAll("@REPOSITORY@", repository)));
Deno.writeTextFileSync(`${folder}/SHA256SUMS`, sums.join(""));
