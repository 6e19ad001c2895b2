import { importsOf } from "../doors/imports.ts";
import { type Need, NEEDS } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** Tests that one process of `deno test` runs, in the order of their names. */
export interface Unit {
  /** The room's name, with an addition where its tests are in two units. */
  name: string;
  /** Files, relative to the repository. */
  files: string[];
  /** Services that they use. */
  needs: ReadonlySet<Need>;
  /** Whether it runs the examples in the comments of the files. */
  examples?: boolean;
}

/** The rooms of tests/ that have tests; those that break things last, as they take longest. */
export function allRooms(): string[] {
  return [...Deno.readDirSync(`${REPOSITORY}/tests`)]
    .filter(({ name, isDirectory }) => isDirectory && testsAt(`tests/${name}`).length > 0)
    .map(({ name }) => `tests/${name}`)
    .sort((a, b) =>
      Number(a === "tests/faults") - Number(b === "tests/faults") || (a < b ? -1 : 1)
    );
}

/**
 * The units of some folders or files of tests. What uses services and what does not are apart, so that
 * the second may run beside the first.
 */
export function unitsOf(paths: readonly string[]): Unit[] {
  return paths.flatMap((path) => {
    const files = testsAt(path).map((file) => ({ file, needs: needsOf(file) }));
    const alone = files.filter(({ needs }) => needs.size === 0);
    const served = files.filter(({ needs }) => needs.size > 0);
    const name = path.replace(/^tests\//, "");
    const units: Unit[] = [];
    if (alone.length > 0) {
      const addition = served.length > 0 ? ", without services" : "";
      const names = alone.map(({ file }) => file);
      units.push({ name: name + addition, files: names, needs: new Set() });
    }
    if (served.length > 0) {
      const addition = alone.length > 0 ? ", with services" : "";
      const needs = new Set(served.flatMap(({ needs }) => [...needs]));
      units.push({ name: name + addition, files: served.map(({ file }) => file), needs });
    }
    return units;
  });
}

/** The unit of all examples in the comments of mod/. */
export function examples(): Unit {
  const files = sources("mod").filter((file) => /^\s*\* ```ts$/m.test(read(file)));
  return { name: "examples in comments", files, needs: new Set(), examples: true };
}

function testsAt(path: string): string[] {
  return sources(path).filter((file) => file.endsWith("_test.ts")).sort();
}

/** TypeScript files at a path. */
function sources(path: string): string[] {
  if (!Deno.statSync(`${REPOSITORY}/${path}`).isDirectory) {
    return path.endsWith(".ts") ? [path] : [];
  }
  return [...Deno.readDirSync(`${REPOSITORY}/${path}`)]
    .flatMap(({ name }) => sources(`${path}/${name}`));
}

/** What a file of tests, and the files of tests/ that it imports, name in their `needs`. */
function needsOf(file: string): Set<Need> {
  const text = withImports(file).map(read).filter((text) => /\bneeds: \[/.test(text)).join(
    "\n",
  );
  return new Set(NEEDS.filter((need) => text.includes(`"${need}"`)));
}

function withImports(file: string, found = new Set<string>()): string[] {
  found.add(file);
  for (const { to } of importsOf(file, read(file))) {
    // The services' own files name every need.
    if (!to.startsWith("tests/") || to.startsWith("tests/services/") || found.has(to)) continue;
    // An import in a text, as tests of imports have it, leads nowhere.
    if (isFile(to)) withImports(to, found);
  }
  return [...found];
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(`${REPOSITORY}/${file}`).isFile;
  } catch {
    return false;
  }
}

const texts = new Map<string, string>();

function read(file: string): string {
  let text = texts.get(file);
  if (text === undefined) texts.set(file, text = Deno.readTextFileSync(`${REPOSITORY}/${file}`));
  return text;
}
