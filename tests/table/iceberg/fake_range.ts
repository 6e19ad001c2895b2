import type { LoadedTable } from "../../../mod/table/iceberg/catalog.ts";
import { dataFile } from "../../../mod/table/iceberg/data_file.ts";
import { currentSchema, specOf } from "../../../mod/table/iceberg/metadata.ts";
import type { FileRange } from "../../../mod/table/iceberg/take_ranges.ts";
import type { TableFiles } from "../../../mod/table/iceberg/table_files.ts";

/** A range with a file for each of some days; the files themselves are not there. */
export function fakeRange(
  files: TableFiles,
  partition: number,
  first: number,
  end: number,
  days: readonly number[] = [0],
): FileRange {
  return {
    partition,
    first,
    end,
    files: ({ metadata }: LoadedTable) =>
      days.map((day, i) => ({
        specId: 0,
        file: dataFile(
          {
            path: files.uri(`${files.folder}/data/day-${day}/${partition}-${first}-${end}.parquet`),
            rows: i === 0 ? end - first - days.length + 1 : 1,
            bytes: 1000,
            columns: [
              { name: "kafka_offset", nulls: 0, min: first, max: end - 1 },
              { name: "kafka_timestamp", nulls: 0, min: day * 86_400_000, max: day * 86_400_000 },
            ],
            partitions: [],
          },
          currentSchema(metadata),
          specOf(metadata),
        ),
      })),
  };
}
