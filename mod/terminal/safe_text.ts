/**
 * A foreign text as a terminal may print it: control characters, zero-width and bidirectional marks
 * are escaped, so that no text can move the cursor, hide what is beside it or forge a line.
 */
export function safeText(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/**
 * Our own text with untrusted parts in it: as {@linkcode safeText}, but the ends of its lines stay, and
 * what begins a colour of ours.
 */
export function safeLines(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.split(/(\n|\t|\x1b\[\d*m)/).map((part, i) => i % 2 === 1 ? part : safeText(part))
    .join("");
}
