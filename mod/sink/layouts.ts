import { Failure } from "../failure/failure.ts";
import { type Compression, compressionOf, UNRECORDED } from "../lake/format/compression.ts";
import type { LakeFormat } from "../lake/format/lake_format.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { Column, RowSchema } from "../schema/schema.ts";
import type { FlushLayout } from "./intent.ts";

/** A layout with everything needed for writing with it. */
export interface Layout {
  format: LakeFormat;
  compression: Compression;
  partitioning: Partitioning;
  /** The layout as a flush's intent records it. */
  recorded: FlushLayout;
}

/**
 * The layouts that one sink writes with: that of the settings, and that of a flush begun under
 * other settings.
 */
export class Layouts {
  readonly #schema: RowSchema;
  readonly #fingerprint: string;
  /** Fingerprints of this schema without some of the optional columns at its end. */
  readonly #shorter: ReadonlySet<string>;
  /** The layout of the settings. */
  readonly current: Layout;

  private constructor(
    schema: RowSchema,
    fingerprint: string,
    shorter: ReadonlySet<string>,
    format: LakeFormat,
    partitionBy: string,
    compression: Compression,
  ) {
    this.#schema = schema;
    this.#fingerprint = fingerprint;
    this.#shorter = shorter;
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
    const [own, shorter] = await Promise.all([fingerprint(schema), shorterSchemas(schema)]);
    return new Layouts(schema, own, shorter, format, partitionBy, chosen);
  }

  /**
   * Whether optional columns were added to the schema since a flush was begun. Messages may then be
   * treated differently: the flush cannot be repeated, but it can be settled.
   */
  hasGrownSince({ schema }: FlushLayout): boolean {
    return this.#shorter.has(schema);
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
      `a flush of ${range} was started with another --schema and must be finished with it; ` +
        "nothing is lost",
      { fix: "Run consume once more with the previous schema and --until-end, then change it." },
    );
  }

  #layout(format: LakeFormat, partitionBy: string, compression: Compression): Layout {
    const partitioning = new Partitioning(partitionBy, this.#schema);
    const schema = this.#fingerprint;
    const recorded = { format, partitionBy: partitioning.spec, compression, schema };
    return { format, compression, partitioning, recorded };
  }
}

async function shorterSchemas(schema: RowSchema): Promise<Set<string>> {
  const { columns } = schema;
  const shorter = new Set<string>();
  for (let end = columns.length; end > 1 && !columns[end - 1].required; end--) {
    shorter.add(await fingerprint({ ...schema, columns: columns.slice(0, end - 1) }));
  }
  return shorter;
}

/** Digits of the fingerprint: it must detect accidental changes, not resist attacks. */
const FINGERPRINT_DIGITS = 16;

/** A hash of everything in a schema that decides about rows and their format. */
async function fingerprint(
  { table, columns, rows, lenient, strictFields, notBelow }: RowSchema,
): Promise<string> {
  const decisive = columns.map(({ wire, name, type, required, min, max, maxLength, ...column }) => [
    wire,
    name,
    type,
    required,
    min ?? null,
    max ?? null,
    maxLength ?? null,
    // Only if declared: without it the fingerprint is that of release 0.1.0.
    ...declared(column),
  ]);
  const ofArray = rows === undefined ? [] : [["rows", rows]];
  const rules = notBelow.map(({ column, than }) => [column, than]);
  const declaredOfAll = lenient === undefined && !strictFields
    ? []
    : [lenient ?? null, strictFields ?? false];
  const all = [table, decisive, rules, ...declaredOfAll, ...ofArray];
  const bytes = new TextEncoder().encode(JSON.stringify(all));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, FINGERPRINT_DIGITS);
}

/** What a column declares about its form in messages, if anything. */
function declared({ from, format, number, decimal, time }: Partial<Column>): unknown[] {
  const said = [from, format, number, decimal, time];
  return said.every((field) => field === undefined) ? [] : said.map((field) => field ?? null);
}
