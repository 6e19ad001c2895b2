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

const PAGES = [".", "docs", "bench", "data", ".github"].flatMap(pages);

/** A heading's name in links, as GitHub makes it. */
function anchor(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/ /g, "-");
}

function anchors(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const seen = new Map<string, number>();
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const name = anchor(heading);
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    // Of two equal headings the second has a number.
    return before === 0 ? name : `${name}-${before}`;
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(`${REPOSITORY}/${path}`);
    return true;
  } catch {
    return false;
  }
}

/** Where the links and pictures of a page lead. */
function targetsOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]+`/g, "");
  const link =
    /\]\(\s*([^)]*?)(?:\s+"[^"]*")?\s*\)|(?:src|srcset|href)="([^"]*)"|<([a-z]+:[^>\s]+)>|^\[[^\]]+\]: *(\S+)/gm;
  return [...prose.matchAll(link)].map(([, inline, attribute, auto, reference]) =>
    inline ?? attribute ?? auto ?? reference
  );
}

const isExternal = (target: string) => /^(?:[a-z]+:|\/\/)/.test(target);

/** Links of a page that lead nowhere. */
function brokenLinks({ path, text }: Page): string[] {
  const targets = targetsOf(text).filter((target) => !isExternal(target));
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

/** What is wrong with a link to another host, which cannot be followed here. */
function externalFault(target: string): string | undefined {
  if (!URL.canParse(target)) return "no URL";
  const { protocol, hostname, username, password, pathname } = new URL(target);
  const isHere = ["127.0.0.1", "localhost"].includes(hostname);
  if (protocol !== "https:" && !(isHere && protocol === "http:")) return "not https";
  if (username + password !== "") return "with a login";
  if (!isHere && !/^(?:[a-z0-9-]+\.)+[a-z]{2,}$/.test(hostname)) return "not a public host";
  if (/[\s<>"`{}|\\^]/.test(target) || /[.,;:!?]$/.test(target)) return "stray characters";
  // A file of the repository by its address there.
  const [, file] = /^\/OWNER\/ticklake\/(?:blob|tree)\/main\/(.+)$/.exec(pathname) ?? [];
  if (hostname === "github.com" && file !== undefined && !exists(file)) return "no such file";
  return undefined;
}

Deno.test("every link to another host is well formed and by https", () => {
  const faults = PAGES.flatMap(({ path, text }) =>
    targetsOf(text).filter(isExternal)
      .map((target) => ({ target, fault: externalFault(target) }))
      .filter(({ fault }) => fault !== undefined)
      .map(({ target, fault }) => `${path}: ${target}: ${fault}`)
  );
  assert.deepEqual(faults, []);
  for (
    const wrong of [
      "http://example.com/",
      "https://example",
      "https://example.com/a,",
      "//example.com/",
      "https://user:word@example.com/",
      "https://github.com/OWNER/ticklake/blob/main/docs/none.md",
    ]
  ) assert.ok(externalFault(wrong), wrong);
});

/** Text files of a folder and the folders in it. */
function textsBelow(folder: string): Page[] {
  return [...Deno.readDirSync(`${REPOSITORY}/${folder}`)].flatMap(({ name, isDirectory }) => {
    const path = posix.join(folder, name);
    if (isDirectory) return textsBelow(path);
    return /\.(?:png|gz|ico)$/.test(name)
      ? []
      : [{ path, text: Deno.readTextFileSync(`${REPOSITORY}/${path}`) }];
  });
}

Deno.test("every page and heading of the docs that code and deployment name is there", () => {
  const named = ["mod", "deploy", "scripts", "bench"].flatMap(textsBelow).flatMap((
    { path, text },
  ) =>
    [...text.matchAll(/\bdocs\/([\w-]+\.md)(?:#([\w-]+))?/g)].map(([, file, name]) => ({
      path,
      file: `docs/${file}`,
      name,
    }))
  );
  assert.ok(named.length >= 10, String(named.length));
  assert.deepEqual(
    named.filter(({ file, name }) =>
      !exists(file) ||
      name !== undefined && !anchors(Deno.readTextFileSync(`${REPOSITORY}/${file}`)).includes(name)
    ),
    [],
  );
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
