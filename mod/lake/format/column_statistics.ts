import { DAY_MS } from "../../schema/calendar.ts";
import { readFooter } from "./parquet/footer.ts";

/** A Parquet file's statistics of one column, from its footer. */
export interface ColumnStatistics {
  name: string;
  /** Number of nulls. */
  nulls: number;
  /**
   * Days since 1970 for a date, milliseconds for a timestamp, a bigint for an integer beyond 2^53;
   * absent if unknown.
   */
  min?: number | bigint | string;
  max?: number | bigint | string;
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Row count and statistics of a whole Parquet file, from its footer alone. */
export function fileStatistics(
  bytes: Uint8Array<ArrayBuffer>,
): { rows: number; columns: ColumnStatistics[] } {
  const metadata = readFooter(bytes);
  const byName = new Map<string, ColumnStatistics>();
  const types = new Map(metadata.schema.map((element) => [element.name, element.converted_type]));
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      const { path_in_schema: [name], statistics, num_values } = meta_data!;
      const isDate = types.get(name) === "DATE";
      const next = {
        name,
        nulls: Number(statistics?.null_count ?? 0),
        min: plain(statistics?.min_value, isDate),
        max: plain(statistics?.max_value, isDate),
      };
      const known = byName.get(name);
      const isEmpty = next.nulls === Number(num_values);
      byName.set(name, known === undefined ? next : together(known, next, isEmpty));
    }
  }
  return { rows: Number(metadata.num_rows), columns: [...byName.values()] };
}

function plain(value: unknown, isDate: boolean): number | bigint | string | undefined {
  if (value instanceof Date) return isDate ? Math.round(value.getTime() / DAY_MS) : value.getTime();
  if (value instanceof Uint8Array) return UTF8.decode(value);
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return typeof value === "number" || typeof value === "string" ? value : undefined;
}

function together(
  a: ColumnStatistics,
  b: ColumnStatistics,
  bIsEmpty: boolean,
): ColumnStatistics {
  const nulls = a.nulls + b.nulls;
  if (bIsEmpty) return { ...a, nulls };
  const isKnown = a.min !== undefined && b.min !== undefined;
  return {
    name: a.name,
    nulls,
    min: isKnown ? (a.min! < b.min! ? a.min : b.min) : undefined,
    max: isKnown ? (a.max! > b.max! ? a.max : b.max) : undefined,
  };
}
