import { ByteInterner } from "../../schema/byte_interner.ts";
import { DAY_MS } from "../../schema/calendar.ts";
import type { Column } from "../../schema/schema.ts";
import type { CellValue } from "./cell_value.ts";
import type { Compression } from "./compression.ts";
import type { ColumnJob, JobColumn } from "./encode_job.ts";
import type { ObjectRows } from "./object_rows.ts";

/** Rows read from an object, and which of them to rewrite. */
export interface RowsToWrite {
  batches: ObjectRows["batches"];
  /** @param row its number in the batch. @default {all} */
  isKept?(batch: ObjectRows["batches"][number], row: number): boolean;
}

/** Options of {@linkcode columnJob}. */
export interface ColumnJobOptions {
  columns: readonly Column[];
  compression: Compression;
  /** Ids of an Iceberg table's columns, by name. */
  fieldIds?: ReadonlyMap<string, number>;
}

const ENCODER = new TextEncoder();

/** Makes one job, which becomes one object, of rows that were read. */
export function columnJob(
  sources: readonly RowsToWrite[],
  { columns, compression, fieldIds }: ColumnJobOptions,
): ColumnJob {
  const picked = sources.map(({ batches, isKept }) =>
    batches.map((batch) => ({ batch, rows: pickedRows(batch, isKept) }))
  ).flat();
  const rows = picked.reduce((sum, { rows }) => sum + rows.length, 0);
  return {
    kind: "columns",
    compression,
    rows,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      optional: !column.required,
      fieldId: fieldIds?.get(column.name),
      ...valuesOf(column, picked, rows),
    })),
    groupCount: 1,
  };
}

function pickedRows(batch: ObjectRows["batches"][number], isKept: RowsToWrite["isKept"]): number[] {
  const rows: number[] = [];
  for (let row = 0; row < batch.rows; row++) {
    if (isKept === undefined || isKept(batch, row)) rows.push(row);
  }
  return rows;
}

function valuesOf(
  { name, type, required }: Column,
  picked: ReadonlyArray<{ batch: ObjectRows["batches"][number]; rows: readonly number[] }>,
  count: number,
): Partial<JobColumn> {
  const isInteger = type === "string" || type === "date";
  const integers = new Int32Array(isInteger ? count : 0);
  const numbers = new Float64Array(isInteger ? 0 : count);
  const absent = new Uint8Array(count);
  const interner = type === "string" ? new ByteInterner() : undefined;
  const wide = new Map<number, bigint>();
  let at = 0;
  for (const { batch, rows } of picked) {
    const values = batch.columns.get(name) as ArrayLike<CellValue> | undefined;
    for (const row of rows) {
      const value = values?.[row] ?? null;
      if (value === null) {
        if (required) throw new Error(`a row has no value of column ${name}`);
        absent[at] = 1;
      } else if (interner !== undefined) {
        const bytes = value instanceof Uint8Array ? value : ENCODER.encode(String(value));
        integers[at] = interner.intern(bytes, 0, bytes.length);
      } else if (isInteger) integers[at] = Date.parse(`${value}T00:00:00Z`) / DAY_MS;
      else {
        numbers[at] = Number(value);
        if (typeof value === "bigint" && !Number.isSafeInteger(numbers[at])) wide.set(at, value);
      }
      at++;
    }
  }
  return {
    absent: required ? undefined : [absent],
    numbers: isInteger ? undefined : [numbers],
    integers: isInteger ? [integers] : undefined,
    values: interner?.values(),
    ...wide.size === 0 ? {} : { wide },
  };
}
