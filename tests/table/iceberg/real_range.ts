import { fileStatistics } from "../../../mod/lake/format/column_statistics.ts";
import { encode } from "../../../mod/lake/format/encode.ts";
import type { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import type { FileFacts } from "../../../mod/table/iceberg/data_file.ts";
import { type BufferOptions, bufferRows } from "../../lake/format/sample_rows.ts";

/** Encodes rows and puts their files, one a partition of the table. */
export async function putFiles(
  files: TableFiles,
  rows: readonly unknown[],
  options: BufferOptions & { stem: string },
): Promise<FileFacts[]> {
  const { job, paths } = bufferRows("parquet", rows, options);
  const facts: FileFacts[] = [];
  for (const { group, bytes } of encode(job)) {
    const name = `${files.folder}/data/${options.stem}-${group}.parquet`;
    await files.store.put(name, bytes);
    facts.push({
      path: files.uri(name),
      bytes: bytes.length,
      partitions: paths[group],
      ...fileStatistics(bytes),
    });
  }
  return facts;
}
