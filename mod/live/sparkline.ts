const BARS = "▁▂▃▄▅▆▇█";

/** Numbers as a line of bars, the least the lowest; one number in the middle. */
export function sparkline(values: readonly number[]): string {
  const min = Math.min(...values);
  const span = Math.max(...values) - min;
  const bar = (value: number) =>
    span === 0 ? 3 : Math.min(BARS.length - 1, Math.floor((value - min) / span * BARS.length));
  return values.map((value) => BARS[bar(value)]).join("");
}
