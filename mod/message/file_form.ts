import type { MessageCheck } from "../schema/message_reader.ts";
import type { MessageForm } from "./message_form.ts";
import type { PayloadMaker } from "./payload_maker.ts";

/**
 * Messages without a frame, all written by one schema.
 * @param path of the schema's file
 */
export function fileForm(path: string, maker: PayloadMaker): MessageForm {
  return {
    isPlainJson: false,
    text(value) {
      try {
        return maker.text(value);
      } catch {
        // The check of the message says what is wrong with it.
        return undefined;
      }
    },
    check(schema, { onUnknown = () => {}, note = () => {} } = {}) {
      const row = maker.forTable(schema, { onUnknown, note });
      const check: MessageCheck = (value, record) =>
        value.length === 0 ? "empty value" : row(value, value, record);
      return Object.assign(check, { scan: row.scan });
    },
    writer: () => Promise.resolve({ name: path, misfits: maker.misfits }),
  };
}
