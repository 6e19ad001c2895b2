import { AbsentObject } from "../../../lake/absent_object.ts";
import type { LakeStore } from "../../../lake/store.ts";
import { parseMetadata } from "../metadata_json.ts";

/** Bytes of a metadata file in which all known writers have put the table's UUID. */
const HEAD_BYTES = 1024;

/**
 * The UUID of the table that a metadata file describes, mostly from the first KiB of the file, which may have
 * megabytes. `emptied` for a file without content; `undefined` if there is none.
 * @throws {Failure} when it cannot be read, or is not table metadata
 */
export async function versionUuid(
  store: Pick<LakeStore, "get">,
  name: string,
): Promise<string | undefined> {
  try {
    const head = await store.get(name, { range: { start: 0, end: HEAD_BYTES } });
    if (head.length === 0) return "emptied";
    const found = /"table-uuid"\s*:\s*"([^"]+)"/.exec(new TextDecoder().decode(head));
    return found?.[1] ?? parseMetadata(await store.get(name), name)["table-uuid"];
  } catch (error) {
    if (error instanceof AbsentObject) return undefined;
    throw error;
  }
}
