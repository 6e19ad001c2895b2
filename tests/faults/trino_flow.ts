import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { uniqueName } from "../services/services.ts";
import { askTrino, createRestCatalog, dropCatalog } from "../services/trino/trino_client.ts";
import { EmbeddedFlow } from "./embedded_flow.ts";
import { TABLE } from "./flow.ts";
import type { LakeCount } from "./lake_count.ts";
import type { Stage } from "./stage.ts";

/** From the embedded log into an Iceberg table in S3, in a REST catalog that Trino writes too. */
export class TrinoFlow extends EmbeddedFlow {
  /** Namespace of the table, and Trino's name of the catalog. */
  readonly namespace = uniqueName("lake").replaceAll("-", "_");
  readonly #bucket: string;
  readonly #s3: Record<string, string>;
  readonly #rest = Deno.env.get("TEST_ICEBERG_REST")!;
  /** Rows are deleted whose number this divides. */
  readonly #deleted: number | undefined;

  private constructor(stage: Stage, bucket: string, deleted: number | undefined) {
    super();
    this.#s3 = stage.s3Env;
    this.#bucket = bucket;
    this.#deleted = deleted;
  }

  /** @param deleted a row is deleted by Trino when this divides its number; absent: none is */
  static async open(stage: Stage, deleted?: number): Promise<TrinoFlow> {
    const flow = new TrinoFlow(stage, await withEnv(stage.s3Env, newBucket), deleted);
    await createRestCatalog(flow.namespace, flow.#rest, stage.s3Env);
    return flow;
  }

  override get env(): Record<string, string> {
    return {
      ...super.env,
      ...this.#s3,
      AWS_S3_BUCKET: this.#bucket,
      TICKLAKE_TABLE_FORMAT: "iceberg",
      ICEBERG_REST_URI: this.#rest,
      TICKLAKE_DATABASE: this.namespace,
    };
  }

  /** Runs a statement of Trino's on the table's catalog. */
  async ask(sql: string): Promise<number[][]> {
    const { rows } = await askTrino(sql, { catalog: this.namespace, schema: this.namespace });
    return rows.map((row) => row.map(Number));
  }

  /** Deletes the rows that are to be deleted, as far as they are there. */
  async delete(): Promise<void> {
    await this.ask(`DELETE FROM ${TABLE} WHERE volume % ${this.#deleted} = 0`);
  }

  /** Counts with Trino. What was to be deleted must not be there; each other row once. */
  override async count(): Promise<LakeCount> {
    if (this.#deleted !== undefined) await this.delete();
    using log = new DatabaseSync(this.counted.log, { readOnly: true });
    const { sent } = log.prepare("SELECT sum(high - low) AS sent FROM log").get() as {
      sent: number;
    };
    const gone = this.#deleted === undefined ? 0 : Math.ceil(sent / this.#deleted);
    const [[rows, found, numbers, largestNumber]] = await this.ask(`SELECT count(*),
      count(DISTINCT (kafka_partition, kafka_offset)), count(DISTINCT volume), max(volume) FROM ${TABLE}`);
    const [[objects]] = await this.ask(`SELECT count(*) FROM "${TABLE}$files" WHERE content = 0`);
    assert.equal(numbers, found, "each row has a number of its own");
    return {
      expected: sent - gone,
      found,
      missing: sent - gone - found,
      duplicate: rows - found,
      unexpected: 0,
      misplaced: 0,
      misdated: 0,
      rows,
      rejected: 0,
      reasons: 0,
      lost: 0,
      stillThere: 0,
      lostRows: 0,
      objects,
      numbers,
      largestNumber,
    };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await dropCatalog(this.namespace);
  }
}
