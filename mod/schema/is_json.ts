/**
 * Whether bytes of valid UTF-8 are one JSON value, as `JSON.parse` decides it. A scan of the bytes, as an
 * exception of the parser costs more than ten messages that are good.
 * Source: RFC 8259.
 */
export function isJson(bytes: Uint8Array): boolean {
  const { length } = bytes;
  /** What is open, from outside in: `{` or `[`. */
  const open: number[] = [];
  let at = 0;
  for (;;) {
    at = afterSpace(bytes, at);
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const first = afterSpace(bytes, at + 1);
      if (bytes[first] !== byte + 2) {
        open.push(byte);
        at = byte === OPEN_ARRAY ? first : afterName(bytes, first);
        if (at < 0) return false;
        continue;
      }
      at = first + 1;
    } else {
      at = afterScalar(bytes, at);
      if (at < 0) return false;
    }
    // A value has ended: what comes is a comma, or the end of what holds it.
    for (;;) {
      at = afterSpace(bytes, at);
      if (open.length === 0) return at === length;
      const holder = open[open.length - 1];
      if (bytes[at] === COMMA) {
        at = holder === OPEN_ARRAY ? at + 1 : afterName(bytes, afterSpace(bytes, at + 1));
        if (at < 0) return false;
        break;
      }
      if (bytes[at] !== holder + 2) return false;
      open.pop();
      at++;
    }
  }
}

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;

/** What may follow a backslash, besides `u` and four digits. */
const ESCAPED = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));

const WORDS = ["true", "false", "null"].map((word) => new TextEncoder().encode(word));

function afterSpace(bytes: Uint8Array, at: number): number {
  let byte = bytes[at];
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at];
  return at;
}

/** Behind a name and its colon; -1 if there is none. */
function afterName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  const end = afterString(bytes, at + 1);
  if (end < 0) return -1;
  const colon = afterSpace(bytes, end);
  return bytes[colon] === COLON ? colon + 1 : -1;
}

/** Behind a string, a number or a word; -1 if there is none. */
function afterScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return afterString(bytes, at + 1);
  if (byte === MINUS || isDigit(byte)) return afterNumber(bytes, at);
  const word = WORDS.find((word) => word[0] === byte);
  return word !== undefined && word.every((letter, i) => bytes[at + i] === letter)
    ? at + word.length
    : -1;
}

function afterString(bytes: Uint8Array, at: number): number {
  for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
    // Also true at the end of the bytes.
    if (!(byte >= 0x20)) return -1;
    if (byte !== BACKSLASH) continue;
    const escaped = bytes[++at];
    if (escaped === 0x75) {
      for (let i = 0; i < 4; i++) if (!isHexDigit(bytes[++at])) return -1;
    } else if (!ESCAPED.has(escaped)) {
      return -1;
    }
  }
  return at + 1;
}

function afterNumber(bytes: Uint8Array, at: number): number {
  if (bytes[at] === MINUS) at++;
  if (!isDigit(bytes[at])) return -1;
  at = bytes[at] === 0x30 ? at + 1 : afterDigits(bytes, at);
  if (bytes[at] === 0x2e) {
    if (!isDigit(bytes[++at])) return -1;
    at = afterDigits(bytes, at);
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === MINUS) at++;
    if (!isDigit(bytes[at])) return -1;
    at = afterDigits(bytes, at);
  }
  return at;
}

function afterDigits(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at])) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
