import { type ObjectKind, type ObjectName, parseObjectName, tableFolder } from "./layout.ts";
import type { LakeObject, LakeStore } from "./store.ts";

/** An object of a table, and what its name says. */
export interface TableObject extends LakeObject {
  parsed: ObjectName;
}

/** Options of {@linkcode tableObjects}. */
export interface TableObjectsOptions {
  table: string;
  /** What is wanted; a folder that has only others is not listed. @default {all} */
  kinds?: readonly ObjectKind[];
  /** Only the objects of this topic. @default {all} */
  topic?: string;
  signal?: AbortSignal;
  /** Called for each object in the table's folders that is not ticklake's. */
  onForeign?(object: LakeObject): void;
}

const ALL_KINDS: readonly ObjectKind[] = ["rows", "dead-letters", "gap"];

/** Endings of objects with rows. */
const ROW_EXTENSIONS = ["parquet", "jsonl.gz"];

/**
 * The objects of a table, those with rows first.
 * @throws {Failure} kind `service`, when the lake cannot be listed
 */
export async function* tableObjects(
  store: LakeStore,
  { table, kinds = ALL_KINDS, topic, signal, onForeign }: TableObjectsOptions,
): AsyncGenerator<TableObject> {
  for (const ofRows of [true, false]) {
    if (!kinds.some((kind) => (kind === "rows") === ofRows)) continue;
    for await (const object of store.list(tableFolder(table, !ofRows), { signal })) {
      const parsed = parseObjectName(object.name);
      if (parsed === null || !isOfTable(parsed, table, ofRows)) {
        onForeign?.(object);
      } else if (kinds.includes(parsed.kind) && (topic === undefined || parsed.topic === topic)) {
        yield { ...object, parsed };
      }
    }
  }
}

function isOfTable(parsed: ObjectName, table: string, ofRows: boolean): boolean {
  if (parsed.table !== table || (parsed.kind === "rows") !== ofRows) return false;
  return !ofRows || ROW_EXTENSIONS.includes(parsed.extension);
}
