import type { LoadedTable } from "./catalog.ts";
import { type FileOrigin, originOf } from "./file_origin.ts";
import type { DataFile, IntMap } from "./manifest.ts";
import { currentSchema, type IcebergSchema } from "./metadata.ts";
import { currentManifests, entriesOf } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** A file of the current snapshot. */
export interface LiveEntry {
  /** Name below the lake's root. */
  name: string;
  file: DataFile;
  specId: number;
  /** Its data sequence number: delete files of earlier ones do not concern it. */
  sequence: bigint;
  /** Absent for a file that another program has written. */
  origin?: FileOrigin;
}

/** The data files of the current snapshot, and whether some of their rows are deleted by other files. */
export async function liveEntries(
  base: LoadedTable,
  files: TableFiles,
): Promise<{ entries: LiveEntry[]; hasDeleteFiles: boolean }> {
  const manifests = await currentManifests(base, files);
  const { metadata } = base;
  const entries = await Promise.all(
    manifests.filter(({ content }) => content === 0).map(async (manifest) =>
      (await entriesOf(manifest, base, files)).map((entry): LiveEntry => {
        const { data_file: file, sequence_number: sequence } = entry;
        const name = files.name(file.file_path, metadata.location);
        const origin = originOf(name, metadata);
        const specId = manifest.partition_spec_id;
        return { name, file, specId, sequence: sequence ?? 0n, origin };
      })
    ),
  );
  const hasDeleteFiles = manifests.some(({ content, added_files_count, existing_files_count }) =>
    content !== 0 && added_files_count + existing_files_count > 0
  );
  return { entries: entries.flat(), hasDeleteFiles };
}

/** The values of a file's partition as text, to be compared with those of another of the same spec. */
export function partitionKey({ partition }: DataFile): string {
  return JSON.stringify(Object.entries(partition).map(([name, value]) => [name, String(value)]));
}

/** Bounds of an integer column in a file; `undefined` if the manifest has none. */
function longBounds(
  file: DataFile,
  schema: IcebergSchema,
  column: string,
): { min: number; max: number } | undefined {
  const id = schema.fields.find(({ name }) => name === column)?.id;
  const [min, max] = [file.lower_bounds, file.upper_bounds].map((map) => longOf(map, id));
  return min === undefined || max === undefined ? undefined : { min, max };
}

function longOf(map: IntMap<Uint8Array> | null | undefined, id: number | undefined) {
  const bytes = map?.find(({ key }) => key === id)?.value;
  if (bytes?.length !== 8) return undefined;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

/** Whether a file may hold rows of a partition in a range of offsets, by its manifest's bounds. */
export function mayHold(
  file: DataFile,
  base: LoadedTable,
  partition: number,
  { first, last }: { first: number; last: number },
): boolean {
  const schema = currentSchema(base.metadata);
  const partitions = longBounds(file, schema, "kafka_partition");
  if (partitions !== undefined && (partition < partitions.min || partition > partitions.max)) {
    return false;
  }
  const offsets = longBounds(file, schema, "kafka_offset");
  return offsets === undefined || offsets.max >= first && offsets.min <= last;
}
