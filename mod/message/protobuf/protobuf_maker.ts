import type protobuf from "protobufjs";
import type { Fields } from "../fields.ts";
import type { PayloadReader } from "../payload.ts";
import { type PayloadMaker, payloadMaker, type TablePayloads } from "../payload_maker.ts";
import type { IndexReader } from "./message_indexes.ts";
import { protoDraft } from "./proto_draft.ts";
import { isDecimal, protoFields } from "./proto_value.ts";

/**
 * Makes rows of Protobuf payloads.
 * @param indexes reads which message of its file a payload is
 * @param messages those that payloads can be, the likeliest first
 */
export function protobufMaker(
  indexes: IndexReader,
  messages: readonly [protobuf.Type, ...protobuf.Type[]],
): PayloadMaker {
  return {
    draft: () => protoDraft(messages[0]),
    misfits(schema) {
      const all = messages.map((message) => payloadMaker(protobufReader(message)).misfits(schema));
      return all.find((why) => why.length === 0) ?? all[0];
    },
    text(payload) {
      const { key, message, start } = indexes(payload);
      if (message === undefined) throw new Error(`no message ${key} in its schema`);
      return payloadMaker(protobufReader(message)).text(payload.subarray(start));
    },
    forTable(schema, listener) {
      const known = new Map<string, TablePayloads>();
      return (payload, value, record) => {
        let found;
        try {
          found = indexes(payload);
        } catch (error) {
          return `damaged payload: ${(error as Error).message}`;
        }
        const { key, message, start } = found;
        if (message === undefined) return `no message ${key} in its schema`;
        let own = known.get(key);
        if (own === undefined) {
          own = payloadMaker(protobufReader(message)).forTable(schema, listener);
          known.set(key, own);
        }
        return own(payload.subarray(start), value, record);
      };
    },
  };
}

function protobufReader(type: protobuf.Type): PayloadReader {
  const { fieldsArray } = type;
  const fields = protoFields(type);
  return {
    fields: fieldsArray.map(({ name }) => name),
    draft: () => protoDraft(type),
    decimals: fieldsArray.filter(isDecimal).map(({ name }) => name),
    read: (payload) => fields(type.decode(payload) as unknown as Fields),
  };
}
