/** Separator between the texts of a key of several columns. */
const BETWEEN = "|";

/**
 * The key of a row's message by the texts of its key columns: the text of one column, several joined by
 * `|`; `null`, for any partition, where there is none.
 */
export function keyText(texts: ReadonlyArray<string | undefined>): string | null {
  if (texts.every((text) => text === undefined || text === "")) return null;
  return texts.map((text) => text ?? "").join(BETWEEN);
}
