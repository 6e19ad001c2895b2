import { endpointSet } from "../aws/environment.ts";
import { SETTINGS, type Settings } from "../config/settings.ts";
import { ownEntry } from "../files/own_entry.ts";

/** The SQLite file of the local catalog: one for each lake. */
export async function localCatalogPath(settings: Settings): Promise<string> {
  const { home, bucket, prefix } = settings;
  const kind = settings.tableFormat === "iceberg" ? "-iceberg" : "";
  if (bucket === undefined) return `${home}/catalog${kind}.sqlite`;
  const lake = new TextEncoder().encode(
    JSON.stringify([endpointSet("s3") ?? "", bucket, prefix]),
  );
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", lake));
  return `${folderOf(home)}/catalog${kind}-${bucket}-${hash.toHex().slice(0, 12)}.sqlite`;
}

/**
 * Where the copy of a lake in S3 is kept: in `--home` if it exists or was named. A query alone does not
 * create the default one in the current directory, and uses the user's cache.
 */
function folderOf(home: string): string {
  if (home !== SETTINGS.home.default || ownEntry(home) !== undefined) return home;
  const user = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || Deno.env.get("LOCALAPPDATA") ||
    (user && `${user}/.cache`);
  return cache ? `${cache}/ticklake` : home;
}
