/// <reference lib="deno.worker" />
/** A thread of the first load: an object's bytes to pages of the catalog's table. */
import { readObject } from "../../../lake/format/read_object.ts";
import type { ObjectName } from "../../../lake/layout.ts";
import type { Column } from "../../../schema/schema.ts";
import { encodeRows, type StoredColumn } from "./encode_rows.ts";
import type { Leaves } from "./leaf_pages.ts";

/** An object to read. */
export interface LoadRequest {
  name: string;
  parsed: ObjectName;
  bytes: Uint8Array;
  /** The columns to read. */
  columns: readonly Column[];
  /** The table's columns, in its order. */
  stored: readonly StoredColumn[];
  /** Number of the object's first row in the table. */
  firstRow: number;
}

/** The pages; without them, the object is to be loaded row by row, or its error found that way. */
export interface LoadResponse {
  leaves?: Leaves;
}

self.onmessage = async ({ data }: MessageEvent<LoadRequest>) => {
  const leaves = await load(data).catch(() => undefined);
  self.postMessage({ leaves } satisfies LoadResponse, leaves ? [leaves.bytes.buffer] : []);
};

async function load(request: LoadRequest): Promise<Leaves | undefined> {
  const { name, parsed, bytes, columns, stored, firstRow } = request;
  return encodeRows(await readObject(name, parsed, bytes, columns), stored, firstRow);
}
