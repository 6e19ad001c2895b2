import { join } from "node:path";

/**
 * How folders of the lake are spelled on a file system that takes `AA` and `aa` for one name, as macOS
 * and Windows have: capitals are escaped as Hive escapes (`index=%41%41`), so that every engine still reads
 * the value. Where a folder is there that an earlier release has spelled with its capitals it is kept,
 * and a name that would be the same but for its case has all its letters escaped.
 */
export class FolderSpelling {
  readonly #root: string;
  /** Path below the root by name, of folders that are there. */
  readonly #known = new Map<string, string>();

  /** @param root the lake's directory */
  constructor(root: string) {
    this.#root = root;
  }

  /** Forgets what was there: something has changed it. */
  forget(): void {
    this.#known.clear();
  }

  /** Where an object of this name is, below the root. */
  async pathOf(name: string): Promise<string> {
    const at = name.lastIndexOf("/");
    return at < 0 ? name : join(await this.#folder(name.slice(0, at)), name.slice(at + 1));
  }

  async #folder(name: string): Promise<string> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const at = name.lastIndexOf("/");
    const parent = at < 0 ? "" : await this.#folder(name.slice(0, at));
    const folder = name.slice(at + 1);
    const there = await folders(join(this.#root, parent));
    const path = join(parent, spelling(folder, there));
    if (there.includes(path.slice(path.lastIndexOf("/") + 1))) this.#known.set(name, path);
    return path;
  }
}

/** The name of a folder as the lake has it. */
export function folderName(spelled: string): string {
  return spelled.replace(
    ESCAPED_LETTER,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** A letter as {@linkcode escaped} writes it; names of the lake have none, as Hive escapes no letters. */
const ESCAPED_LETTER = /%([46][1-9A-F]|[57][0-9A])/g;

/** @param there the folders that there are */
function spelling(folder: string, there: readonly string[]): string {
  const withoutCapitals = escapedValue(folder, /[A-Z]/g);
  const inFull = escapedValue(folder, /[A-Za-z]/g);
  const found = [folder, withoutCapitals, inFull].find((spelled) => there.includes(spelled));
  if (found !== undefined) return found;
  const isTaken = there.some((other) => other.toLowerCase() === withoutCapitals.toLowerCase());
  return isTaken ? inFull : withoutCapitals;
}

/** Escapes letters of a partition's value; what has no value is no partition, and stays. */
function escapedValue(folder: string, letters: RegExp): string {
  const at = folder.indexOf("=") + 1;
  return at === 0 ? folder : folder.slice(0, at) + folder.slice(at).replace(letters, escaped);
}

function escaped(letter: string): string {
  return "%" + letter.charCodeAt(0).toString(16).toUpperCase();
}

async function folders(path: string): Promise<string[]> {
  try {
    const found = await Array.fromAsync(Deno.readDir(path));
    return found.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}
