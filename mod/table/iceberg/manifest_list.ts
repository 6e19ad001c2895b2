import { Buffer } from "node:buffer";
import { readAvroFile, writeAvroFile } from "./avro_file.ts";
import type { FieldSummary, ManifestFile } from "./manifest.ts";
import { MANIFEST_LIST_SCHEMA } from "./manifest_schema.ts";
import type { Snapshot } from "./metadata.ts";

/** Writes the list of a snapshot's manifests. */
export function writeManifestList(
  manifests: readonly ManifestFile[],
  snapshot: Pick<Snapshot, "snapshot-id" | "parent-snapshot-id" | "sequence-number">,
): Uint8Array<ArrayBuffer> {
  const parent = snapshot["parent-snapshot-id"];
  const records = manifests.map((manifest) => ({
    ...manifest,
    partitions: manifest.partitions?.map(bufferBounds) ?? null,
    key_metadata: manifest.key_metadata ? Buffer.from(manifest.key_metadata) : null,
  }));
  return writeAvroFile(MANIFEST_LIST_SCHEMA, records, {
    "snapshot-id": String(snapshot["snapshot-id"]),
    "parent-snapshot-id": parent === undefined ? "null" : String(parent),
    "sequence-number": String(snapshot["sequence-number"]),
    "format-version": "2",
  });
}

function bufferBounds(summary: FieldSummary): FieldSummary {
  const buffer = (bytes: Uint8Array | null) => bytes === null ? null : Buffer.from(bytes);
  return {
    ...summary,
    lower_bound: buffer(summary.lower_bound),
    upper_bound: buffer(summary.upper_bound),
  };
}

/** Names that older writers gave to the counts. */
interface OlderNames {
  added_data_files_count?: number;
  existing_data_files_count?: number;
  deleted_data_files_count?: number;
}

/** Reads a list of manifests, also one that another program has written. */
export function readManifestList(bytes: Uint8Array, name: string): ManifestFile[] {
  return readAvroFile<ManifestFile & OlderNames>(bytes, name).records.map((found) => ({
    ...found,
    content: found.content ?? 0,
    added_files_count: found.added_files_count ?? found.added_data_files_count ?? 0,
    existing_files_count: found.existing_files_count ?? found.existing_data_files_count ?? 0,
    deleted_files_count: found.deleted_files_count ?? found.deleted_data_files_count ?? 0,
  }));
}
