/**
 * A foreign text as a terminal may print it: control characters and the marks that no terminal shows (zero-width,
 * bidirectional, soft hyphen, tags) are escaped, so that no text can move the cursor, hide what is beside it or
 * forge a line. The escapes are JSON's: a JSON document keeps its meaning.
 * Source: Unicode's Bidi_Control, and the general category Cf without the marks that are drawn.
 */
export function safeText(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g,
    (found) => {
      let escaped = "";
      for (let at = 0; at < found.length; at++) {
        escaped += "\\u" + found.charCodeAt(at).toString(16).padStart(4, "0");
      }
      return escaped;
    },
  );
}

/**
 * Our own text with untrusted parts in it: as {@linkcode safeText}, but line ends, tabs and the colours that we
 * use stay. Others would let a text hide itself (`\x1b[8m`).
 */
export function safeLines(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.split(/(\n|\t|\x1b\[(?:[0-2]|3[1-3])m)/)
    .map((part, i) => i % 2 === 1 ? part : safeText(part)).join("");
}
