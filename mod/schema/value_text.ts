/** Maximum characters of a value that a message repeats. */
const SHOWN_LENGTH = 40;

/**
 * A value as a message shows what was found: JSON, shortened, and with every character escaped that
 * could disturb a terminal or that UTF-8 cannot carry.
 */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  // JSON.stringify cannot write it, but `parseJson` returns it.
  if (typeof value === "bigint") return String(value);
  const text = JSON.stringify(typeof value === "string" ? shortened(value) : value);
  return text.replace(
    // C1 controls, zero-width and bidirectional marks: they would change what a terminal shows.
    /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

function shortened(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : text.slice(0, SHOWN_LENGTH) + "…";
}
