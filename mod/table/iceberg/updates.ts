import { Failure } from "../../failure/failure.ts";
import {
  type IcebergSchema,
  MAIN,
  type PartitionSpec,
  type Snapshot,
  type TableMetadata,
} from "./metadata.ts";

/**
 * A change of table metadata, in the words of the REST catalog.
 * Source: https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml, TableUpdate
 */
export type TableUpdate =
  | { action: "add-snapshot"; snapshot: Snapshot }
  | { action: "set-snapshot-ref"; "ref-name": string; type: "branch"; "snapshot-id": bigint }
  | { action: "remove-snapshots"; "snapshot-ids": bigint[] }
  | { action: "set-location"; location: string }
  | { action: "set-properties"; updates: Record<string, string> }
  | { action: "remove-properties"; removals: string[] }
  | { action: "add-schema"; schema: IcebergSchema; "last-column-id": number }
  | { action: "set-current-schema"; "schema-id": number }
  | { action: "add-spec"; spec: PartitionSpec }
  | { action: "set-default-spec"; "spec-id": number };

/**
 * The metadata with all updates, for catalogs that store it whole.
 * @param base its own members are not changed
 */
export function applyUpdates(
  base: TableMetadata,
  updates: readonly TableUpdate[],
  nowMs: number,
): TableMetadata {
  // Clocks of two hosts differ; the specification's times must not run backwards.
  const updatedMs = Math.max(nowMs, base["last-updated-ms"]);
  const next: TableMetadata = { ...base, "last-updated-ms": updatedMs };
  for (const update of updates) apply(next, update, updatedMs);
  return next;
}

function apply(metadata: TableMetadata, update: TableUpdate, nowMs: number): void {
  switch (update.action) {
    case "add-snapshot":
      metadata.snapshots = [...metadata.snapshots ?? [], update.snapshot];
      metadata["last-sequence-number"] = update.snapshot["sequence-number"];
      break;
    case "set-snapshot-ref": {
      const { "ref-name": name, type, "snapshot-id": id } = update;
      metadata.refs = {
        ...metadata.refs,
        [name]: { ...metadata.refs?.[name], type, "snapshot-id": id },
      };
      if (name !== MAIN) break;
      metadata["current-snapshot-id"] = id;
      metadata["snapshot-log"] = [
        ...metadata["snapshot-log"] ?? [],
        { "snapshot-id": id, "timestamp-ms": nowMs },
      ];
      break;
    }
    case "remove-snapshots": {
      const gone = new Set(update["snapshot-ids"]);
      const stays = (entry: { "snapshot-id": bigint }) => !gone.has(entry["snapshot-id"]);
      metadata.snapshots = metadata.snapshots?.filter(stays);
      // History before a gap would be wrong: the specification requires that it is removed.
      const log = metadata["snapshot-log"] ?? [];
      const last = log.findLastIndex((entry) => !stays(entry));
      metadata["snapshot-log"] = log.slice(last + 1);
      for (const kind of ["statistics", "partition-statistics"]) {
        const files = metadata[kind] as Array<{ "snapshot-id": bigint }> | undefined;
        if (files !== undefined) metadata[kind] = files.filter(stays);
      }
      break;
    }
    case "set-location":
      metadata.location = update.location;
      break;
    case "set-properties":
      metadata.properties = { ...metadata.properties, ...update.updates };
      break;
    case "remove-properties": {
      const properties = { ...metadata.properties };
      for (const name of update.removals) delete properties[name];
      metadata.properties = properties;
      break;
    }
    case "add-schema":
      metadata.schemas = [...metadata.schemas, update.schema];
      metadata["last-column-id"] = Math.max(metadata["last-column-id"], update["last-column-id"]);
      break;
    case "set-current-schema":
      metadata["current-schema-id"] = update["schema-id"] === -1
        ? metadata.schemas.at(-1)!["schema-id"]
        : update["schema-id"];
      break;
    case "add-spec":
      metadata["partition-specs"] = [...metadata["partition-specs"], update.spec];
      metadata["last-partition-id"] = Math.max(
        metadata["last-partition-id"],
        ...update.spec.fields.map((field) => field["field-id"]),
      );
      break;
    case "set-default-spec":
      metadata["default-spec-id"] = update["spec-id"] === -1
        ? metadata["partition-specs"].at(-1)!["spec-id"]
        : update["spec-id"];
      break;
    default:
      throw new Failure("failed", `no update ${(update as TableUpdate).action}`);
  }
}
