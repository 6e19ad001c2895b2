import { Failure } from "../failure/failure.ts";
import { type Compression, compressionOf, UNRECORDED } from "../lake/format/compression.ts";
import type { LakeFormat } from "../lake/format/lake_format.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { FlushLayout } from "./intent.ts";

/** A layout with all that is needed to write by it. */
export interface Layout {
  format: LakeFormat;
  compression: Compression;
  partitioning: Partitioning;
  /** What the intent of a flush says of it. */
  recorded: FlushLayout;
}

/** The layouts by which one sink writes: the settings' own, and that of a flush begun under others. */
export class Layouts {
  readonly #schema: RowSchema;
  readonly #fingerprint: string;
  /** The settings' own. */
  readonly current: Layout;

  private constructor(
    schema: RowSchema,
    fingerprint: string,
    format: LakeFormat,
    partitionBy: string,
    compression: Compression,
  ) {
    this.#schema = schema;
    this.#fingerprint = fingerprint;
    this.current = this.#layout(format, partitionBy, compression);
  }

  /** @throws {Failure} kind `usage`, for a partitioning or a compression that does not fit */
  static async of(
    schema: RowSchema,
    format: LakeFormat,
    partitionBy: string,
    compression?: Compression,
  ): Promise<Layouts> {
    const chosen = compressionOf(format, compression);
    return new Layouts(schema, await fingerprint(schema), format, partitionBy, chosen);
  }

  /**
   * The layout that an intent recorded.
   * @throws {Failure} kind `usage`, when the flush was begun under another schema
   */
  recorded({ format, partitionBy, compression, schema }: FlushLayout, range: string): Layout {
    if (schema === this.#fingerprint) {
      return this.#layout(format, partitionBy, compression ?? UNRECORDED[format]);
    }
    throw new Failure(
      "usage",
      `a flush of ${range} was begun under another --schema and must be finished under that one; ` +
        "nothing is lost",
      { fix: "Run consume once more with the former schema file and --until-end, then change it." },
    );
  }

  #layout(format: LakeFormat, partitionBy: string, compression: Compression): Layout {
    const partitioning = new Partitioning(partitionBy, this.#schema);
    const schema = this.#fingerprint;
    const recorded = { format, partitionBy: partitioning.spec, compression, schema };
    return { format, compression, partitioning, recorded };
  }
}

/** Digits of the fingerprint: a change by accident must not go unseen, an attack is none of its cares. */
const FINGERPRINT_DIGITS = 16;

/** A hash of all in a schema that decides about rows and their form. */
async function fingerprint({ table, columns, notBelow }: RowSchema): Promise<string> {
  const decisive = columns.map(({ wire, name, type, required, min, max, maxLength }) => [
    wire,
    name,
    type,
    required,
    min ?? null,
    max ?? null,
    maxLength ?? null,
  ]);
  const rules = notBelow.map(({ column, than }) => [column, than]);
  const bytes = new TextEncoder().encode(JSON.stringify([table, decisive, rules]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, FINGERPRINT_DIGITS);
}
