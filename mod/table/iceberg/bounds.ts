/**
 * Single values as bytes, as bounds in manifests have them.
 * Source: https://iceberg.apache.org/spec/#binary-single-value-serialization
 */

/** A value of a column or of a partition: `bigint` for `long` and timestamps (microseconds). */
export type SingleValue = string | number | bigint | boolean;

/** @param type Iceberg's name of a primitive type */
export function boundBytes(value: SingleValue, type: string): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  switch (type) {
    case "string":
      return new TextEncoder().encode(value as string);
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
    case "int":
    case "date":
      view.setInt32(0, value as number, true);
      return bytes.subarray(0, 4);
    case "double":
      view.setFloat64(0, value as number, true);
      return bytes;
    case "long":
    case "timestamptz":
    case "timestamp":
      view.setBigInt64(0, value as bigint, true);
      return bytes;
    default:
      throw new Error(`no bound of type ${type}`);
  }
}

/** Maximum length of a string bound, in characters: longer ones would make manifests large. */
const MAX_BOUND_CHARACTERS = 16;

/** A prefix of a string: a lower bound of it. */
export function lowerText(text: string): string {
  return [...text].slice(0, MAX_BOUND_CHARACTERS).join("");
}

/** A short string that is an upper bound of another; `undefined` if there is none. */
export function upperText(text: string): string | undefined {
  const characters = [...text];
  if (characters.length <= MAX_BOUND_CHARACTERS) return text;
  for (let last = MAX_BOUND_CHARACTERS - 1; last >= 0; last--) {
    const next = characters[last].codePointAt(0)! + 1;
    // Surrogates are not characters.
    const code = next === 0xd800 ? 0xe000 : next;
    if (code <= 0x10ffff) return characters.slice(0, last).join("") + String.fromCodePoint(code);
  }
  return undefined;
}
