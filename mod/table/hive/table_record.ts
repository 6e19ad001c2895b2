import { Failure } from "../../failure/failure.ts";
import type { LakeFormat } from "../../lake/format/lake_format.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { ColumnType } from "../../schema/schema.ts";
import type { TableCallOptions, TableDescription } from "../table.ts";
import { stateName } from "./state_names.ts";
import { ofKind, recordBytes, type StateObject } from "./table_state.ts";

/** A table's description, as stored in the lake. */
export interface TableRecord {
  format: LakeFormat;
  /** Specification of the Hive partitions. */
  partitionBy: string;
  columns: Array<{ name: string; type: ColumnType }>;
}

/** A description as its record. */
export function recordOf({ schema, format, partitionBy }: TableDescription): TableRecord {
  const columns = schema.columns.map(({ name, type }) => ({ name, type }));
  return { format, partitionBy: partitionBy.replaceAll(" ", ""), columns };
}

/**
 * Stores the table's description if there is none yet, otherwise compares it. Columns may be added
 * and left out; format, partitioning and types must not change.
 * @throws {Failure} kind `usage`, when it differs
 */
export async function describeTable(
  store: LakeStore,
  table: string,
  wanted: TableRecord,
  state: readonly StateObject[],
  options: TableCallOptions,
): Promise<void> {
  const fingerprint = await fingerprintOf(wanted);
  const records = ofKind(state, "table");
  if (records.some((record) => record.fingerprint === fingerprint)) return;
  for (const { name } of records) {
    const text = new TextDecoder().decode(await store.get(name, options));
    requireSame(table, JSON.parse(text), wanted);
  }
  const name = stateName(table, { kind: "table", fingerprint });
  await store.put(name, recordBytes({ v: 1, ...wanted }), options);
}

/** @throws {Failure} kind `usage` */
export function requireSame(table: string, found: TableRecord, wanted: TableRecord): void {
  const refuse = (has: string, would: string, fix: string) => {
    throw new Failure("usage", `table ${table} has ${has}, and would get ${would}`, {
      fix: `${fix}, or another table (\`table\` in --schema): no engine can read a table ` +
        "of several forms.",
    });
  };
  if (found.format !== wanted.format) {
    refuse(`${found.format} objects`, wanted.format, `Use --format ${found.format}`);
  }
  if (found.partitionBy !== wanted.partitionBy) {
    refuse(
      `objects by ${found.partitionBy}`,
      `others by ${wanted.partitionBy}`,
      `Use --partition-by ${found.partitionBy}`,
    );
  }
  for (const { name, type } of wanted.columns) {
    const before = found.columns.find((column) => column.name === name);
    if (before === undefined || before.type === type) continue;
    refuse(
      `column ${name} as ${before.type}`,
      `it as ${type}`,
      `Give the column the type ${before.type} in --schema, or another name`,
    );
  }
}

const DIGITS = 12;

async function fingerprintOf(record: TableRecord): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, DIGITS);
}
