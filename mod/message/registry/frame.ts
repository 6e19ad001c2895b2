/** Confluent's frame: a zero, then the schema's id in four bytes, the highest first. */
export const FRAME_BYTES = 5;

/** The id of the schema of a framed message; `null` where it has no frame. */
export function schemaId(value: Uint8Array): number | null {
  if (value.length < FRAME_BYTES || value[0] !== 0) return null;
  return ((value[1] << 24) | (value[2] << 16) | (value[3] << 8) | value[4]) >>> 0;
}

/** Puts a payload behind its frame, and behind the message indexes that Protobuf has. */
export function framed(
  id: number,
  payload: Uint8Array,
  indexes: Uint8Array = NONE,
): Uint8Array {
  const value = new Uint8Array(FRAME_BYTES + indexes.length + payload.length);
  new DataView(value.buffer).setUint32(1, id);
  value.set(indexes, FRAME_BYTES);
  value.set(payload, FRAME_BYTES + indexes.length);
  return value;
}

const NONE = new Uint8Array();
