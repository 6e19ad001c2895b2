/** Whether a column is a part of the record, by its `from`: its key, a header or the value as a whole. */
export function isOfRecord(from: string | undefined): from is string {
  return from !== undefined && from !== "index" && from !== "message";
}
