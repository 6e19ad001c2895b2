import { REPOSITORY } from "../services/tools_folder.ts";

/** One import of a file of `main.ts` or `mod/`. Paths are relative to the repository. */
export interface Import {
  from: string;
  to: string;
  /** Whether it is `import(…)`: loaded only when it is run. */
  dynamic: boolean;
  /** Whether it brings types alone, which are gone at run time. */
  typeOnly: boolean;
}

/** All imports of our own files in `main.ts` and `mod/`. */
export function ownImports(root: string = REPOSITORY): Import[] {
  return ["main.ts", ...sources(root, "mod")].flatMap((file) =>
    importsOf(file, Deno.readTextFileSync(`${root}/${file}`))
  );
}

/** The imports of our own files in a source text. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, dynamic: boolean, typeOnly: boolean) =>
    found.push({ from: file, to: resolved(file, specifier), dynamic, typeOnly });
  for (const [, type, specifier] of text.matchAll(STATIC)) {
    add(specifier, false, type !== undefined);
  }
  for (const [, specifier] of text.matchAll(DYNAMIC)) add(specifier, true, false);
  return found;
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"(\.[^"]+)"/g;

function sources(root: string, folder: string): string[] {
  return [...Deno.readDirSync(`${root}/${folder}`)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sources(root, path);
    return name.endsWith(".ts") ? [path] : [];
  });
}

function resolved(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}
