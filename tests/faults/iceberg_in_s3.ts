import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { uniqueName } from "../services/services.ts";
import { runTool } from "../services/tools_folder.ts";
import { askTrino, createRestCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { MetadataServer } from "./metadata_server.ts";

/** What Trino counts in a table. */
export interface TrinoCount {
  rows: number;
  /** Different partitions and offsets. */
  places: number;
  /** Different numbers of the rows' own. */
  numbers: number;
}

/** Where an {@linkcode IcebergInS3} is. */
export interface IcebergPlace {
  bucket: string;
  prefix: string;
  table: string;
  /** REST catalog of the table. @default {a directory catalog beside its files} */
  rest?: { uri: string; namespace: string };
  /** Variables of the AWS tools. */
  env: Record<string, string>;
  /** Works with the S3 server. */
  withS3<T>(work: (client: S3Client) => Promise<T>): Promise<T>;
}

/** An Iceberg table in S3 as programs find it that are not ticklake. */
export class IcebergInS3 {
  readonly #place: IcebergPlace;

  constructor(place: IcebergPlace) {
    this.#place = place;
  }

  /** Names of the data files of its current snapshot, by pyiceberg, one a line, below the lake's root. */
  async liveFiles(): Promise<string> {
    const { bucket, prefix, table, rest, env } = this.#place;
    const config = {
      ...rest === undefined ? { metadata: await this.#location() } : { rest: { ...rest, table } },
      root: `s3://${bucket}/${prefix}/`,
      properties: {
        "s3.endpoint": env.AWS_ENDPOINT_URL,
        "s3.access-key-id": env.AWS_ACCESS_KEY_ID,
        "s3.secret-access-key": env.AWS_SECRET_ACCESS_KEY,
        "s3.region": env.AWS_REGION,
      },
    };
    const script = new URL("live_files.py", import.meta.url).pathname;
    const program = Deno.env.get("TEST_ICEBERG_PYTHON")!;
    return await runTool(program, [script, JSON.stringify(config)]);
  }

  /** The table's properties. */
  async properties(): Promise<Record<string, string>> {
    const { rest, table } = this.#place;
    if (rest === undefined) return JSON.parse(await this.#metadata()).properties;
    const path = `/v1/namespaces/${rest.namespace}/tables/${table}`;
    return (await (await fetch(rest.uri + path)).json()).metadata.properties;
  }

  /** What Trino of `TEST_TRINO` counts in it. */
  async countByTrino(): Promise<TrinoCount> {
    const { rest, table } = this.#place;
    if (rest !== undefined) return await this.#ask(rest.uri, rest.namespace);
    const namespace = "lake";
    await using server = new MetadataServer(
      [namespace, table],
      await this.#location(),
      await this.#metadata(),
    );
    return await this.#ask(server.uri, namespace);
  }

  async #ask(uri: string, schema: string): Promise<TrinoCount> {
    const catalog = uniqueName("counted").replaceAll("-", "_");
    await createRestCatalog(catalog, uri, this.#place.env);
    try {
      const sql = `SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)),
        count(DISTINCT volume) FROM ${this.#place.table}`;
      const { rows: [counts] } = await askTrino(sql, { catalog, schema });
      const [rows, places, numbers] = counts.map(Number);
      return { rows, places, numbers };
    } finally {
      await dropCatalog(catalog);
    }
  }

  /** URI of a directory catalog's newest metadata file. */
  async #location(): Promise<string> {
    const { bucket } = this.#place;
    const folder = this.#folder;
    return `s3://${bucket}/${folder}/v${await this.#read(
      `${folder}/version-hint.text`,
    )}.metadata.json`;
  }

  async #metadata(): Promise<string> {
    return await this.#read((await this.#location()).slice(`s3://${this.#place.bucket}/`.length));
  }

  get #folder(): string {
    const { prefix, table } = this.#place;
    return `${prefix}/${table}/metadata`;
  }

  #read(Key: string): Promise<string> {
    const { bucket: Bucket, withS3 } = this.#place;
    return withS3(async (client) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return await Body!.transformToString();
    });
  }
}
