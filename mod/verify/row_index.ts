import type { RowSchema } from "../schema/schema.ts";
import { OffsetSet } from "./offset_set.ts";

/** Rows of one message are distinguished up to this place in its array. */
const MOST_ROWS = 2 ** 17;

/** Offsets of one piece of the sets behind the first rows: most messages have few rows. */
const PIECE = 4096;

/** The lake's column with a row's place in its message's array; `undefined` where messages are one row. */
export function indexColumn({ rows, columns }: RowSchema): string | undefined {
  return rows === undefined ? undefined : columns.find(({ from }) => from === "index")?.name;
}

/** A number for each row of a partition: the offset of a message's first row, negative for the others. */
export function rowKey(offset: number, index: number): number {
  return index === 0 ? offset : -(offset * MOST_ROWS + index);
}

/** The offset of a row's number. */
export function offsetOfKey(key: number): number {
  return key < 0 ? Math.floor(-key / MOST_ROWS) : key;
}

/** The rows of a partition behind the first ones of their messages. */
export class FurtherRows {
  readonly #sets: OffsetSet[] = [];
  /** Offsets of which a row is there twice. */
  readonly again = new Set<number>();

  /** @param index place of the row in its message's array, above 0 */
  add(offset: number, index: number): void {
    const own = this.#sets[index] ??= new OffsetSet(PIECE);
    if (!own.add(offset)) this.again.add(offset);
  }

  /**
   * Offsets of messages with a row whose predecessor is not there.
   * @param first whether a message's first row is there
   */
  torn(first: { has(offset: number): boolean }): Set<number> {
    const torn = new Set<number>();
    this.#sets.forEach((set, index) => {
      const before = index === 1 ? first : this.#sets[index - 1];
      for (const offset of set.values()) if (!before?.has(offset)) torn.add(offset);
    });
    return torn;
  }
}
