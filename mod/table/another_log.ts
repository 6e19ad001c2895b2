/** What a table says when the first messages of a log come that has the name of one it has rows of already. */
export function anotherLog(topic: string, table: string): string {
  return `the rows of ${topic} in table ${table} are from another log of that name (the topic was ` +
    "recreated, or is in another cluster); this log is added to the table";
}
