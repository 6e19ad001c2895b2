/** The name of an object of Hive folders with one offset more in its range, so that a copy overlaps it. */
export function widenedName(name: string): string {
  return name.replace(/-(\d{16})-(\d{16})/, (_, first, last) => {
    const range = Number(first) > 0
      ? [Number(first) - 1, Number(last)]
      : [Number(first), Number(last) + 1];
    return range.map((offset) => `-${String(offset).padStart(16, "0")}`).join("");
  });
}
