/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a document.
 * @returns `null` where the document has no such markers
 */
export function withSection(document: string, name: string, content: string): string | null {
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(document)) return null;
  return document.replace(marked, (_, begin, end) => `${begin}\n${content.trim()}\n\n${end}`);
}

/**
 * Writes the section of a file of the repository.
 * @param path relative to the repository, such as `docs/faults.md`
 * @throws {Error} where the file has no markers of that name
 */
export async function writeSection(path: string, name: string, content: string): Promise<void> {
  const url = new URL(`../${path}`, import.meta.url);
  const document = withSection(await Deno.readTextFile(url), name, content);
  if (document === null) throw new Error(`${path} has no <!-- ${name} --> … <!-- /${name} -->`);
  await Deno.writeTextFile(url, document);
}
