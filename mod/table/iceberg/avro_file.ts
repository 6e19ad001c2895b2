import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import avro from "avsc";
import { Failure, messageOf } from "../../failure/failure.ts";
import { boundCollections } from "../../files/avsc_repairs.ts";

boundCollections();

/** A schema of Avro, as JSON; attributes that Avro does not know (`field-id`) are kept. */
export type AvroSchema = string | { [key: string]: unknown } | AvroSchema[];

/** The content of an Avro object container file. */
export interface AvroFile<R> {
  records: R[];
  /** The header's metadata, including `avro.schema` and `avro.codec`. */
  metadata: Map<string, string>;
}

/** 64-bit integers as bigint: snapshot ids have 63 bits. */
const LONG = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer(value: bigint) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => a < b ? -1 : a > b ? 1 : 0,
});

const MAGIC = Buffer.from("Obj\x01", "latin1");
const SYNC_BYTES = 16;

/** Types by schema text: compiling one takes longer than writing a manifest with it. */
const TYPES = new Map<string, avro.Type>();

/** Number of schemas kept: a table has few. */
const MOST_TYPES = 100;

function typeOf(schema: AvroSchema): avro.Type {
  const text = JSON.stringify(schema);
  let type = TYPES.get(text);
  if (type === undefined) {
    if (TYPES.size >= MOST_TYPES) TYPES.clear();
    TYPES.set(text, type = newType(schema));
  }
  return type;
}

function newType(schema: AvroSchema): avro.Type {
  return avro.Type.forSchema(structuredClone(schema) as avro.Schema, { registry: { long: LONG } });
}

/** The header's metadata: a map of bytes. */
const HEADER = typeOf({ type: "map", values: "bytes" });
const COUNT = typeOf("long");

/**
 * Writes records as one Avro object container file of one block, compressed with deflate. Its bytes are
 * a function of the arguments: the sync marker is a hash of the header, not random.
 * Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
 */
export function writeAvroFile(
  schema: AvroSchema,
  records: readonly unknown[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const type = typeOf(schema);
  const header = HEADER.toBuffer(Object.fromEntries(
    Object.entries({ "avro.schema": JSON.stringify(schema), "avro.codec": "deflate", ...metadata })
      .map(([key, value]) => [key, Buffer.from(value)]),
  ));
  const sync = createHash("sha256").update(header).digest().subarray(0, SYNC_BYTES);
  const parts: Uint8Array[] = [MAGIC, header, sync];
  if (records.length > 0) {
    const block = deflateRawSync(Buffer.concat(records.map((record) => type.toBuffer(record))));
    const count = COUNT.toBuffer(BigInt(records.length));
    parts.push(count, COUNT.toBuffer(BigInt(block.length)), block, sync);
  }
  // A buffer of its own, whatever Node's pool does.
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Reads an Avro object container file by the schema in its header.
 * @param name of the file, for messages
 * @throws {Failure} kind `failed`, when it is not an Avro file, or damaged
 */
export function readAvroFile<R>(bytes: Uint8Array, name: string): AvroFile<R> {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!buffer.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("it is not an Avro file");
    const header = HEADER.decode(buffer, MAGIC.length);
    if (header.offset < 0) throw new Error("it is truncated in its header");
    const metadata = new Map<string, string>();
    for (const [key, value] of Object.entries(header.value as Record<string, Buffer>)) {
      metadata.set(key, value.toString());
    }
    const sync = buffer.subarray(header.offset, header.offset + SYNC_BYTES);
    const type = typeOf(JSON.parse(metadata.get("avro.schema") ?? "null"));
    const records: R[] = [];
    let at = header.offset + SYNC_BYTES;
    while (at < buffer.length) {
      const count = COUNT.decode(buffer, at);
      const size = COUNT.decode(buffer, count.offset);
      const end = size.offset + Number(size.value);
      if (count.offset < 0 || size.offset < 0 || end + SYNC_BYTES > buffer.length) {
        throw new Error("it is truncated");
      }
      // A negative length would be read forever.
      if (end < size.offset || count.value < 0n) throw new Error("it is damaged");
      if (!buffer.subarray(end, end + SYNC_BYTES).equals(sync)) throw new Error("it is damaged");
      const block = decompress(
        metadata.get("avro.codec") ?? "null",
        buffer.subarray(size.offset, end),
      );
      for (let i = 0, offset = 0; i < Number(count.value); i++) {
        const record = type.decode(block, offset);
        if (record.offset < 0) throw new Error("a record is truncated");
        // Records of an empty schema take no bytes, so their count is not bounded by the file's size.
        if (record.offset === offset) throw new Error("a record has no bytes");
        records.push(record.value as R);
        offset = record.offset;
      }
      at = end + SYNC_BYTES;
    }
    return { records, metadata };
  } catch (cause) {
    throw new Failure("failed", `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function decompress(codec: string, block: Buffer): Buffer {
  if (codec === "null") return block;
  if (codec === "deflate") return inflateRawSync(block);
  throw new Error(`its codec ${codec} is not supported; expected null or deflate`);
}
