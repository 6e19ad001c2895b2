import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
  GetTableCommand,
  GlueClient,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from "@aws-sdk/client-glue";
import { type Api, isNamed, openApi } from "../../../aws/api.ts";
import { Failure } from "../../../failure/failure.ts";
import type { LoadedTable, TableCatalog } from "../catalog.ts";
import { currentSchema, type IcebergField, type TableMetadata } from "../metadata.ts";
import { formatJson, parseMetadata } from "../metadata_json.ts";
import { nextLog } from "../metadata_log.ts";
import type { TableFiles } from "../table_files.ts";
import { applyUpdates, type TableUpdate } from "../updates.ts";

/** State of a load that the compare-and-set needs. */
interface GlueVersion {
  versionId: string | undefined;
  table: Table;
}

/**
 * A table in Glue's catalog, as Athena, Spark and Trino know it: its parameter `metadata_location` names
 * the current metadata file. UpdateTable with VersionId is refused unless the table is still that
 * version, which makes it the compare-and-set.
 * Source: https://iceberg.apache.org/docs/1.10.0/aws/#glue-catalog
 */
export class GlueTableCatalog implements TableCatalog {
  readonly description: string;
  readonly #files: TableFiles;
  readonly #database: string;
  readonly #table: string;
  readonly #glue: Api<GlueClient>;

  constructor(files: TableFiles, database: string, table: string) {
    this.#files = files;
    this.#database = database;
    this.#table = table;
    this.#glue = openApi((options) => new GlueClient(options as object), { service: "glue" });
    this.description = `Glue's database ${database}`;
  }

  async load(): Promise<LoadedTable | undefined> {
    const table = await this.#find();
    if (table === undefined) return undefined;
    const metadataFile = this.#metadataFileOf(table);
    // The table's location is not known before the metadata is read, which is below it.
    const location = metadataFile.replace(/\/metadata\/[^/]*$/, "");
    const metadata = parseMetadata(await this.#files.get(metadataFile, location), metadataFile);
    const version: GlueVersion = { versionId: table.VersionId, table };
    return { metadata, metadataFile, version };
  }

  async metadataFile(): Promise<string | undefined> {
    const table = await this.#find();
    return table && this.#metadataFileOf(table);
  }

  #metadataFileOf({ Parameters = {} }: Table): string {
    const { metadata_location: metadataFile, table_type: type } = Parameters;
    if (metadataFile === undefined || type?.toUpperCase() !== "ICEBERG") {
      throw new Failure(
        "failed",
        `Glue's table ${this.#database}.${this.#table} is not an Iceberg table`,
        {
          fix: "Give the schema another table name, use another --database, or keep " +
            "--table-format hive. Before a migration, `ticklake setup-catalog --delete` removes the Hive " +
            "table from Glue; its objects stay.",
        },
      );
    }
    return metadataFile;
  }

  async create(metadata: TableMetadata): Promise<boolean> {
    const metadataFile = await this.#write(metadata, 0);
    const input = this.#input(metadata, metadataFile, undefined);
    const command = new CreateTableCommand({ DatabaseName: this.#database, TableInput: input });
    try {
      await this.#glue.send(command).catch(async (error) => {
        if (!isNamed(error, "EntityNotFoundException")) throw error;
        await this.#createDatabase();
        await this.#glue.send(command);
      });
      return true;
    } catch (error) {
      if (isNamed(error, "AlreadyExistsException")) return false;
      throw this.#unknown(error, "create");
    }
  }

  async #createDatabase(): Promise<void> {
    try {
      await this.#glue.send(
        new CreateDatabaseCommand({ DatabaseInput: { Name: this.#database } }),
      );
    } catch (error) {
      // Another process created it first.
      if (!isNamed(error, "AlreadyExistsException")) throw error;
    }
  }

  async commit(base: LoadedTable, updates: readonly TableUpdate[]): Promise<boolean> {
    const { versionId, table } = base.version as GlueVersion;
    const { log, trimmed } = nextLog(base);
    const metadata = {
      ...applyUpdates(base.metadata, updates, Date.now()),
      "metadata-log": log,
    };
    const number = Number(/\/(\d+)-[^/]*$/.exec(base.metadataFile)?.[1] ?? 0) + 1;
    // A table that was recreated meanwhile may have the version id of the one that was dropped.
    const [metadataFile, now] = await Promise.all([this.#write(metadata, number), this.#find()]);
    if (now?.Parameters?.metadata_location !== base.metadataFile) return false;
    try {
      await this.#glue.send(
        new UpdateTableCommand({
          DatabaseName: this.#database,
          TableInput: this.#input(metadata, metadataFile, base.metadataFile, table),
          VersionId: versionId,
          SkipArchive: true,
        }),
      );
    } catch (error) {
      if (isNamed(error, "ConcurrentModificationException")) return false;
      if (isNamed(error, "EntityNotFoundException")) return false;
      throw this.#unknown(error, "update");
    }
    // The commit is done; what follows saves storage only.
    for (const uri of trimmed) {
      await this.#files.store.remove(this.#files.name(uri, metadata.location)).catch(() => {});
    }
    return true;
  }

  async drop(): Promise<void> {
    try {
      await this.#glue.send(
        new DeleteTableCommand({ DatabaseName: this.#database, Name: this.#table }),
      );
    } catch (error) {
      if (!isNamed(error, "EntityNotFoundException")) throw error;
    }
  }

  close(): void {
    this.#glue.close();
  }

  async #find(): Promise<Table | undefined> {
    try {
      const found = await this.#glue.send(
        new GetTableCommand({ DatabaseName: this.#database, Name: this.#table }),
      );
      return found.Table;
    } catch (error) {
      if (isNamed(error, "EntityNotFoundException")) return undefined;
      throw error instanceof Failure ? error : this.#unknown(error, "read");
    }
  }

  async #write(metadata: TableMetadata, number: number): Promise<string> {
    const uri = `${metadata.location}/metadata/${
      String(number).padStart(5, "0")
    }-${crypto.randomUUID()}.metadata.json`;
    await this.#files.put(uri, metadata.location, new TextEncoder().encode(formatJson(metadata)));
    return uri;
  }

  /** After any other answer of Glue, the table may have been changed. */
  #unknown(error: unknown, doing: string): Failure {
    if (error instanceof Failure) return error;
    const { name, message } = error as Error;
    const isRefused = ["InvalidInputException", "ResourceNumberLimitExceededException"].includes(
      name,
    );
    return new Failure(
      isRefused ? "failed" : "service",
      `Glue cannot ${doing} the table ${this.#database}.${this.#table}: ${message}`,
      { cause: error },
    );
  }

  /** Keeps what others have set on the table. */
  #input(
    metadata: TableMetadata,
    metadataFile: string,
    previous: string | undefined,
    { Description, Owner, Retention, Parameters }: Partial<Table> = {},
  ): TableInput {
    return {
      Name: this.#table,
      Description,
      Owner,
      Retention,
      TableType: "EXTERNAL_TABLE",
      Parameters: {
        ...Parameters,
        table_type: "ICEBERG",
        metadata_location: metadataFile,
        ...(previous === undefined ? {} : { previous_metadata_location: previous }),
      },
      StorageDescriptor: {
        Location: metadata.location,
        Columns: currentSchema(metadata).fields.map((field) => ({
          Name: field.name,
          Type: glueType(field.type),
          Comment: field.doc,
          Parameters: {
            "iceberg.field.id": String(field.id),
            "iceberg.field.optional": String(!field.required),
            "iceberg.field.current": "true",
          },
        })),
      },
    };
  }
}

function glueType(type: IcebergField["type"]): string {
  if (typeof type !== "string") return String(type.type);
  if (type === "long") return "bigint";
  return type.startsWith("timestamp") ? "timestamp" : type;
}
