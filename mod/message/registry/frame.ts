/** Names a schema in its registry: Confluent's are numbers, AWS Glue's UUIDs. */
export type SchemaId = number | string;

/** What stands before each payload and names its schema. */
export interface Frame {
  /** The id of the schema of a framed message; `null` if it has no frame. */
  schemaId(value: Uint8Array): SchemaId | null;
  /** Where the payload of a framed message begins, in its own bytes; -1 if it is compressed. */
  payloadStart(value: Uint8Array): number;
  /** What a framed message carries. @throws {Error} when it is damaged */
  payload(value: Uint8Array): Uint8Array;
  /** Puts a payload behind its frame, and behind the message indexes that Protobuf has. */
  framed(id: SchemaId, payload: Uint8Array, indexes?: Uint8Array): Uint8Array;
  /** Why a message has no frame, for the user. */
  whyNone(value: Uint8Array): string;
}

/** Confluent's frame: a zero, then the schema's id in four bytes, the highest first. */
const FRAME_BYTES = 5;

/** First byte of the frame of AWS Glue. */
export const GLUE_VERSION = 3;

/** The frame of Confluent's registry, and of all that speak its API. */
export const CONFLUENT_FRAME: Frame = {
  schemaId(value) {
    if (value.length < FRAME_BYTES || value[0] !== 0) return null;
    return ((value[1] << 24) | (value[2] << 16) | (value[3] << 8) | value[4]) >>> 0;
  },
  payloadStart: () => FRAME_BYTES,
  payload: (value) => value.subarray(FRAME_BYTES),
  framed(id, payload, indexes = NONE) {
    const value = new Uint8Array(FRAME_BYTES + indexes.length + payload.length);
    new DataView(value.buffer).setUint32(1, id as number);
    value.set(indexes, FRAME_BYTES);
    value.set(payload, FRAME_BYTES + indexes.length);
    return value;
  },
  whyNone(value) {
    const why = noFrame(value, "a zero and four bytes");
    return value[0] === GLUE_VERSION && value.length >= 18
      ? `${why}: AWS Glue's frame, which SCHEMA_REGISTRY_URL=glue://default-registry reads`
      : why;
  },
};

/** A message that begins otherwise than it should. */
export function noFrame(value: Uint8Array, expected: string): string {
  if (value.length === 0) return "empty value";
  const first = `0x${value[0].toString(16).padStart(2, "0")}`;
  return `no schema id: expected ${expected}, found ${first} of ${value.length} bytes`;
}

const NONE = new Uint8Array();
