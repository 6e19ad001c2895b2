import type protobuf from "protobufjs";

/** Where a payload says which of its file's messages it is, and where it begins. */
export interface MessageIndexes {
  /** Equal for payloads of one message. */
  key: string;
  message: protobuf.Type | undefined;
  /** Where the message itself begins. */
  start: number;
}

/** Reads what stands between a frame and its Protobuf message. @throws {Error} when it is cut off */
export type IndexReader = (payload: Uint8Array) => MessageIndexes;

/** Maximum nesting depth of messages. */
const MOST_LEVELS = 32;

/**
 * Of Confluent's frame: the number of indexes, then the index at each level, as zigzag varints. The
 * first message at the top level, which is the usual one, is a single zero.
 * Source: Confluent, "Formats, Serializers, and Deserializers", wire format.
 */
export function confluentIndexes(messages: readonly protobuf.Type[]): IndexReader {
  return (payload) => {
    if (payload[0] === 0) return { key: "0", message: messages[0], start: 1 };
    let [count, start] = zigzag(payload, 0);
    if (count < 1 || count > MOST_LEVELS) throw new Error(`${count} message indexes`);
    let level: readonly protobuf.ReflectionObject[] = messages;
    let message: protobuf.Type | undefined;
    const path: number[] = [];
    for (; count > 0; count--) {
      const [index, next] = zigzag(payload, start);
      path.push(index);
      message = level.filter(isMessage)[index];
      level = message?.nestedArray ?? [];
      start = next;
    }
    return { key: path.join("."), message, start };
  };
}

/**
 * Of AWS Glue's frame: one varint, the message's place among all of the file by full name, nested ones
 * and those that stand for a map's entries included.
 * Source: awslabs/aws-glue-schema-registry, MessageIndexFinder.
 */
export function glueIndexes(messages: readonly protobuf.Type[]): IndexReader {
  const byName = new Map<string, protobuf.Type | undefined>();
  const add = (message: protobuf.Type) => {
    byName.set(message.fullName, message);
    for (const { map, name } of message.fieldsArray) {
      if (map) byName.set(`${message.fullName}.${entryName(name)}`, undefined);
    }
    message.nestedArray.filter(isMessage).forEach(add);
  };
  messages.forEach(add);
  const sorted = [...byName].sort(([a], [b]) => a < b ? -1 : 1);
  return (payload) => {
    const [index, start] = varint(payload, 0);
    return { key: String(index), message: sorted[index]?.[1], start };
  };
}

/** A message without a frame is the one that was named. */
export function noIndexes(message: protobuf.Type): IndexReader {
  return () => ({ key: "", message, start: 0 });
}

function isMessage(one: protobuf.ReflectionObject): one is protobuf.Type {
  return "fieldsArray" in one && "nestedArray" in one;
}

/** What protoc calls the message of a map's entries: `my_map` has `MyMapEntry`. */
function entryName(field: string): string {
  return field.replace(/(?:^|_)([a-z0-9]?)/g, (_, letter) => letter.toUpperCase()) + "Entry";
}

function zigzag(bytes: Uint8Array, at: number): [number, number] {
  const [value, next] = varint(bytes, at);
  return [(value >>> 1) ^ -(value & 1), next];
}

function varint(bytes: Uint8Array, at: number): [number, number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
  throw new Error("the message indexes are truncated");
}
