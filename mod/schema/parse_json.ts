/** A number whose text a double does not hold exactly. */
const MAY_LOSE = /\d{16}/;

/**
 * Parses JSON; integers beyond 2^53 become a bigint, so that no digit is lost.
 * @returns `undefined` if the text is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    return MAY_LOSE.test(text) ? JSON.parse(text, exact as Reviver) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Reviver = (key: string, value: unknown) => unknown;

/** The third argument is the JSON.parse source text access proposal's, which V8 has. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
