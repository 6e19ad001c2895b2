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
 * What stands in a section of a file of the repository.
 * @throws {Error} where the file has no markers of that name
 */
export async function readSection(path: string, name: string): Promise<string> {
  const document = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
  const found = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(document);
  if (found === null) throw new Error(`${path} has no <!-- ${name} --> … <!-- /${name} -->`);
  return found[1].trim();
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
