import manifest from "../deno.json" with { type: "json" };

/** A package of npm in the lock file, by name and version; behind a `_` stand those of its peers. */
const PACKAGE = /^(@?[^@]+)@([^_]+)/;

/**
 * The software that a release is made of, as a CycloneDX document: each package with its version and hash, as
 * the lock file has them. Packages that only tests use are among them, as the lock file does not tell them
 * apart.
 * Source: CycloneDX 1.6, JSON.
 */
export function billOfMaterials(): string {
  const text = Deno.readTextFileSync(new URL("../deno.lock", import.meta.url));
  const lock = JSON.parse(text) as { npm: Record<string, { integrity: string }> };
  const components = Object.entries(lock.npm).map(([id, { integrity }]) => {
    const [, name, version] = PACKAGE.exec(id)!;
    const hash = integrity.replace(/^sha512-/, "");
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    return {
      type: "library",
      "bom-ref": `${purl}#${id}`,
      name,
      version,
      purl,
      hashes: [{ alg: "SHA-512", content: Uint8Array.fromBase64(hash).toHex() }],
    };
  });
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", name: "ticklake", version: manifest.version },
    },
    components,
  };
  return JSON.stringify(document, null, 2) + "\n";
}
