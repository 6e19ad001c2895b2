/** A number for display, such as `1,234`. */
export function numberText(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count with its noun, such as `1 row`, `1,234 rows`. */
export function countText(count: number, thing: string): string {
  return `${numberText(count)} ${thing}${count === 1 ? "" : "s"}`;
}

/**
 * Offsets for display, such as `offset 7`, `offsets 1200 to 1299`: both inclusive, and in digits alone, as
 * the flags that name an offset take them.
 */
export function offsetsText({ first, last }: { first: number; last: number }): string {
  return first === last ? `offset ${first}` : `offsets ${first} to ${last}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size for display, such as `12.3 MiB`. */
export function sizeText(bytes: number): string {
  const unit = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return unit === 0 ? `${bytes} B` : `${(bytes / 2 ** (10 * unit)).toFixed(1)} ${UNITS[unit]}`;
}
