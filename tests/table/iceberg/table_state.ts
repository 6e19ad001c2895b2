import type { LoadedTable } from "../../../mod/table/iceberg/catalog.ts";
import { currentManifests, entriesOf } from "../../../mod/table/iceberg/snapshot.ts";
import type { TableFiles } from "../../../mod/table/iceberg/table_files.ts";

/** Paths of all files that readers see, sorted; a file that is there twice is there twice. */
export async function liveFiles(base: LoadedTable, files: TableFiles): Promise<string[]> {
  const manifests = await currentManifests(base, files);
  const entries = await Promise.all(manifests.map((m) => entriesOf(m, base, files)));
  return entries.flat().map(({ data_file }) => data_file.file_path).sort();
}

/** The ranges of a partition that readers see, in order. */
export async function liveRanges(
  base: LoadedTable,
  files: TableFiles,
  partition: number,
): Promise<Array<[first: number, end: number]>> {
  return (await liveFiles(base, files))
    .map((path) => /\/(\d+)-(\d+)-(\d+)\.parquet$/.exec(path)!.slice(1).map(Number))
    .filter(([of]) => of === partition)
    .map(([, first, end]): [number, number] => [first, end])
    .sort(([a], [b]) => a - b);
}
