import { Failure } from "../../failure/failure.ts";
import { anotherLog } from "../another_log.ts";
import { begunOffsets } from "../begun_offsets.ts";
import { logKey } from "../log_key.ts";
import { requireNoHive, requireNoHiveRecord } from "../hive/hive_in_place.ts";
import { isMigrationRecorded } from "../hive/migrated.ts";
import type { LogName, LogWriter, Table, TableCallOptions, TableLog } from "../table.ts";
import { addColumns, schemaChangeOf } from "./add_columns.ts";
import type { LoadedTable } from "./catalog.ts";
import { beginLog } from "./begin_log.ts";
import { createTable } from "./create_table.ts";
import { IcebergLog } from "./iceberg_log.ts";
import type { IcebergTableParts } from "./iceberg_parts.ts";
import { fieldIds, newSchema } from "./iceberg_schema.ts";
import { currentSchema } from "./metadata.ts";
import { isMigrated } from "./migrated.ts";
import { newTable } from "./new_table.ts";
import { checkSpec, partitionSpec, requireSpec } from "./partition_spec.ts";
import { logId, logRecord, logsOf } from "./position.ts";
import { requireHere, requireOurs } from "./whose_table.ts";

/**
 * An Iceberg table, created on first use. Its properties say how far it is, so any group may write any log
 * of it, from the recorded position.
 */
export function openIcebergTable(parts: IcebergTableParts): Table {
  return new IcebergTable(parts);
}

class IcebergTable implements Table {
  readonly description: string;
  readonly #parts: IcebergTableParts;

  constructor(parts: IcebergTableParts) {
    const { catalog, description: { schema, format } } = parts;
    if (format !== "parquet") {
      throw new Failure("usage", `--format ${format} with --table-format iceberg`, {
        fix: "Iceberg tables are written as Parquet: omit --format.",
      });
    }
    this.#parts = parts;
    this.description = `Iceberg table ${schema.table} in ${catalog.description}`;
  }

  async log(
    name: LogName,
    writer: LogWriter,
    options: TableCallOptions = {},
  ): Promise<TableLog> {
    const { catalog, files, addsColumns, description: { schema, partitionBy } } = this.#parts;
    const known = await catalog.load();
    if (known !== undefined) requireOurs(known, { catalog, table: schema.table }, "usage");
    await this.#requireMigrated(known, options);
    const base = known ?? await create(this.#parts);
    options.signal?.throwIfAborted();
    await requireHere(base, files);
    requireSpec(base.metadata, { schema, partitionBy }, "usage");
    const notices = addsColumns && schemaChangeOf(base.metadata, schema).added.length > 0
      ? await addColumns({ catalog, schema, ...options })
      : [];
    const { metadata } = notices.length > 0 ? await catalog.load() ?? base : base;
    const key = await logKey(name);
    const id = logId(key, name.topic);
    const logs = logsOf(metadata);
    const isAnother = !logs.has(id) && logs.values().some(({ topic }) => topic === name.topic);
    const { group, from } = writer;
    if (from === "latest" && !logs.has(id) && !isAnother) {
      const log = { id, record: logRecord(name) };
      await beginLog({ ...this.#parts, log, group, begun: await begunOffsets(writer, key) });
    }
    return new IcebergLog(this.#parts, {
      name,
      key,
      id,
      uuid: metadata["table-uuid"],
      group,
      fieldIds: fieldIds(schema.table, currentSchema(metadata), schema),
      notices: isAnother ? [...notices, anotherLog(name.topic, schema.table)] : notices,
    });
  }

  /** Rows of a Hive table are not to be read from the topic as well, whether it is being migrated or not. */
  async #requireMigrated(
    base: LoadedTable | undefined,
    options: TableCallOptions,
  ): Promise<void> {
    const { files, description: { schema: { table } } } = this.#parts;
    if (isMigrated(base)) return;
    if (!await isMigrationRecorded(files.store, table, options)) {
      if (base === undefined) await requireNoHive(files.store, table, options);
      // An empty table that was set up beside a Hive table's objects.
      else if (logsOf(base.metadata).size === 0) {
        await requireNoHiveRecord(files.store, table, options);
      }
      return;
    }
    throw new Failure(
      "usage",
      `the migration of table ${table} to Iceberg was interrupted, or the Iceberg table was dropped since`,
      {
        fix:
          "`ticklake setup-catalog --table-format iceberg --migrate` again completes it, or takes the Hive " +
          "table's objects into a new Iceberg table.",
      },
    );
  }
}

/** Creates the table. */
async function create(
  { catalog, files, description: { schema, partitionBy } }: Pick<
    IcebergTableParts,
    "catalog" | "files" | "description"
  >,
): Promise<LoadedTable> {
  const tableSchema = newSchema(schema);
  const spec = partitionSpec(partitionBy, schema, tableSchema);
  checkSpec(spec, partitionBy);
  const made = newTable({ location: files.location, schema: tableSchema, spec });
  // It does not matter whether this process or another created it.
  return (await createTable({ catalog, files, table: schema.table }, made)).base;
}
