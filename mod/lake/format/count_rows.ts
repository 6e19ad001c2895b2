import { gunzipSync } from "node:zlib";
import { Failure, messageOf } from "../../failure/failure.ts";
import { footerBytes, readFooter } from "./parquet/footer.ts";
import type { LakeStore, StoreOptions } from "../store.ts";
import type { TableObject } from "../table_objects.ts";

/** Bytes first read from a Parquet file's end: the footers that we write are smaller. */
const FOOTER_BYTES = 16 * 1024;

const NEWLINE = 0x0a;

/**
 * Number of rows, or dead letters, in an object: from a Parquet file's footer, otherwise from its
 * lines.
 * @throws {Failure} kind `rejected`, naming the object, when it cannot be read; kind `service`
 */
export async function countRows(
  { name, size, parsed }: TableObject,
  store: LakeStore,
  { signal }: StoreOptions,
): Promise<number> {
  try {
    if (parsed.extension !== "parquet") {
      const bytes = await store.get(name, { signal });
      return countLines(parsed.extension.endsWith(".gz") ? gunzipSync(bytes) : bytes);
    }
    const last = (count: number) =>
      store.get(name, { signal, range: { start: Math.max(0, size - count), end: size } });
    let end = await last(FOOTER_BYTES);
    const needed = footerBytes(end);
    if (needed > end.length) end = await last(needed);
    return Number(readFooter(end).num_rows);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof Failure) throw cause;
    throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "`ticklake verify --deep` says what is missing with it.",
    });
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines++;
  return lines;
}
