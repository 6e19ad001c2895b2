import { runTool } from "../../services/tools_folder.ts";
import type { SampleRow } from "../../lake/format/sample_rows.ts";

/** What read_table.py prints. */
export interface TableRead {
  pyiceberg: TableRow[];
  duckdb: TableRow[];
  /** By filter: rows and files by pyiceberg, rows by DuckDB. */
  filters: Record<string, [rows: number, files: number, duckdbRows: number]>;
  snapshots: number;
  spec: string;
  properties: Record<string, string>;
}

/** A row as the readers have it. */
export type TableRow = SampleRow & {
  kafka_partition: number;
  kafka_offset: number;
  kafka_timestamp: string;
};

/** Reads a table with pyiceberg and with DuckDB, by its metadata file. */
export async function readTable(
  metadataFile: string,
  filters: string[] = [],
  env: Record<string, string> = {},
): Promise<TableRead> {
  const script = new URL("read_table.py", import.meta.url).pathname;
  const program = Deno.env.get("TEST_ICEBERG_PYTHON")!;
  return JSON.parse(await runTool(program, [script, metadataFile, ...filters], env));
}
