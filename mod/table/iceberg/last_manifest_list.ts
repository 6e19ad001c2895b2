import type { ManifestFile } from "./manifest.ts";

/**
 * The manifest list that was read or written last. A list's URI is unique and its content never changes, so a
 * writer that commits again without a conflict does not read back what it has just written.
 */
export class LastManifestList {
  #uri: string | undefined;
  #manifests: readonly ManifestFile[] = [];

  /** The list at `uri`. @param read reads it where it is not the last one */
  async get(
    uri: string,
    read: (uri: string) => Promise<readonly ManifestFile[]>,
  ): Promise<ManifestFile[]> {
    if (uri !== this.#uri) this.keep(uri, await read(uri));
    return [...this.#manifests];
  }

  /** Remembers a list that was written. */
  keep(uri: string, manifests: readonly ManifestFile[]): void {
    this.#uri = uri;
    this.#manifests = manifests;
  }
}
