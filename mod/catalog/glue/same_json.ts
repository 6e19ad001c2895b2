/** Whether two values of JSON are the same; the order of an object's fields does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  // A field that is undefined is as good as absent.
  const fields = (value: object) =>
    Object.entries(value).filter(([, field]) => field !== undefined);
  const [left, right] = [fields(a), new Map(fields(b))];
  return left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)));
}
