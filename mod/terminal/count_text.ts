/** A number for people, such as `1,234`. */
export function numberText(value: number): string {
  return value.toLocaleString("en-US");
}

/** So many of a thing for people, such as `1 row`, `1,234 rows`. */
export function countText(count: number, thing: string): string {
  return `${numberText(count)} ${thing}${count === 1 ? "" : "s"}`;
}
