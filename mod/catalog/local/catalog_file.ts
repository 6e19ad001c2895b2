import { Failure } from "../../failure/failure.ts";
import { checkOwnEntry } from "../../files/own_entry.ts";
import { createPrivateFile } from "../../files/private_file.ts";

/** Marks the file as a local catalog: "tcat". Files of release 0.1.0 have 0. */
export const APPLICATION_ID = 0x74636174;

/** Where a SQLite file has its application id, four bytes, big-endian. Source: sqlite.org/fileformat.html. */
const APPLICATION_ID_AT = 68;

const MAGIC = "SQLite format 3\0";

/** What the catalogs of all releases have in their schema, which is in the first pages. */
const OWN_TABLE = "TABLE tables(name TEXT PRIMARY KEY, layout TEXT) STRICT";

/** Bytes at the beginning of a file that contain {@linkcode OWN_TABLE}. */
const HEAD_BYTES = 64 * 1024;

/**
 * Makes the catalog's file, or makes sure that the one that is there is ours and may be emptied.
 * @throws {Failure} kind `failed`, when it is anything else: a link, another database, another kind of file
 */
export function prepareCatalogFile(path: string): void {
  createPrivateFile(path);
  requireCatalogFile(path);
}

/**
 * @throws {Failure} kind `failed`, when the file is not one of our catalogs; a damaged catalog and an empty
 * file pass
 */
export function requireCatalogFile(path: string): void {
  if (!checkOwnEntry(path, "file")) return;
  const head = headOf(path);
  const text = new TextDecoder("latin1").decode(head);
  if (text === "" || text.includes(OWN_TABLE)) return;
  const isDatabase = text.startsWith(MAGIC) && head.length > APPLICATION_ID_AT + 4;
  if (isDatabase) {
    const id = new DataView(head.buffer).getUint32(APPLICATION_ID_AT);
    // Its tables may still be only in the -wal file.
    if (id === APPLICATION_ID || (id === 0 && holdsNothing(path, head))) return;
  }
  throw new Failure(
    "failed",
    `${path}: expected a local catalog, found another ${isDatabase ? "database" : "kind of file"}`,
    {
      fix:
        "Move it away: the catalog is a copy of the lake's rows and will be rebuilt. Or use another --home.",
    },
  );
}

/** A database of one page without a table, as a catalog that has just been made. */
function holdsNothing(path: string, head: Uint8Array): boolean {
  const pageBytes = new DataView(head.buffer).getUint16(16);
  const cells = new DataView(head.buffer).getUint16(103);
  return Deno.statSync(path).size <= pageBytes && cells === 0;
}

function headOf(path: string): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  const head = new Uint8Array(HEAD_BYTES);
  return head.slice(0, file.readSync(head) ?? 0);
}
