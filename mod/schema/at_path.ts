/** What is at a path of names and places; `undefined` if there is nothing. */
export function atPath(value: unknown, path: readonly string[]): unknown {
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
