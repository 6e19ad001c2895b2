import assert from "node:assert/strict";
import { posix } from "node:path";
import { REPOSITORY } from "../services/tools_folder.ts";

/** A page of the documentation. */
interface Page {
  /** Relative to the repository. */
  path: string;
  text: string;
}

function pages(folder: string): Page[] {
  return [...Deno.readDirSync(`${REPOSITORY}/${folder}`)]
    .filter(({ name, isFile }) => isFile && name.endsWith(".md"))
    .map(({ name }) => posix.join(folder, name))
    .map((path) => ({ path, text: Deno.readTextFileSync(`${REPOSITORY}/${path}`) }));
}

const PAGES = [...pages("."), ...pages("docs"), ...pages("bench")];

/** A heading's name in links, as GitHub makes it. */
function anchor(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/ /g, "-");
}

function anchors(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(`${REPOSITORY}/${path}`);
    return true;
  } catch {
    return false;
  }
}

/** Links of a page that lead nowhere. */
function brokenLinks({ path, text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]+`/g, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute)
    .filter((target) => !/^[a-z]+:/.test(target));
  return targets.filter((target) => {
    const [file, name] = target.split("#");
    const page = file === "" ? path : posix.join(posix.dirname(path), file);
    if (!exists(page)) return true;
    if (name === undefined || !page.endsWith(".md")) return false;
    return !anchors(Deno.readTextFileSync(`${REPOSITORY}/${page}`)).includes(name);
  }).map((target) => `${path}: ${target}`);
}

Deno.test("every link of README and docs leads to a page, a picture or a heading that is there", () => {
  assert.deepEqual(PAGES.flatMap(brokenLinks), []);
});

Deno.test("a link that leads nowhere is found", () => {
  const text = "[a](README.md) [b](docs/none.md) [c](#no-such) # \n[d](README.md#exit-codes-not)";
  assert.deepEqual(brokenLinks({ path: "X.md", text }).length, 3);
});

Deno.test("every file of the code that the docs name is there", () => {
  const named = PAGES.filter(({ path }) => path !== "CHANGELOG.md").flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:mod|tests|scripts|deploy|data|bench)\/[\w./-]+)`/g)].map(([, file]) =>
      `${path}: ${file}`
    )
  );
  assert.ok(named.length >= 20, String(named.length));
  assert.deepEqual(named.filter((line) => !exists(line.split(": ")[1])), []);
});
