/**
 * Writes a file with the shipped schema and a bound: rows with a larger value are dead letters.
 * @returns its path
 */
export async function strictSchema(folder: string, column: string, max: number): Promise<string> {
  const shipped = new URL("../../data/index_quotes.schema.json", import.meta.url);
  const schema = JSON.parse(await Deno.readTextFile(shipped));
  schema.columns.find(({ name }: { name: string }) => name === column).max = max;
  const path = `${folder}/strict.json`;
  await Deno.writeTextFile(path, JSON.stringify(schema));
  return path;
}
