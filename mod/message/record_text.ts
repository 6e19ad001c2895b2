import type { MessageRecord } from "../schema/message_reader.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a part of a record: `key`, `value` or `header:NAME` (the last of several). Bytes that are
 * no UTF-8 are written in base64. `undefined` if the record has no such part.
 */
export function recordText(
  from: string,
  value: Uint8Array,
  record: MessageRecord | undefined,
): string | undefined {
  const bytes = from === "value" ? value : from === "key" ? record?.key : header(from, record);
  if (bytes === undefined || bytes === null) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes.toBase64();
  }
}

function header(from: string, record: MessageRecord | undefined): Uint8Array | null | undefined {
  const name = from.slice("header:".length);
  return record?.headers.findLast(([own]) => own === name)?.[1];
}
