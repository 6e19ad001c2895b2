import assert from "node:assert/strict";
import { posix } from "node:path";
import axe from "axe-core";
import { MENU } from "../../scripts/site/pages.ts";
import { openPage } from "../live/browser.ts";
import { serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const FILES = MENU.flatMap(({ pages }) => pages.map(({ file }) => file));

Deno.test("the site's menu has every page of docs, once", () => {
  const docs = [...Deno.readDirSync(`${REPOSITORY}/docs`)].map(({ name }) => `docs/${name}`)
    .filter((file) => file.endsWith(".md"));
  assert.deepEqual(docs.filter((file) => !FILES.includes(file)), []);
  assert.equal(new Set(FILES).size, FILES.length);
});

interface Axe {
  axe: {
    run(
      context: unknown,
      options: unknown,
    ): Promise<{ violations: Array<{ id: string; nodes: Array<{ html: string }> }> }>;
  };
}

const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  png: "image/png",
  svg: "image/svg+xml",
};

serviceTest("the site builds, each link in it leads somewhere, and it asks no other host", {
  needs: ["chromium"],
}, async () => {
  const folder = `dist/site-${Deno.pid}`;
  const root = `${REPOSITORY}/${folder}`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "site", folder],
    cwd: REPOSITORY,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  try {
    assert.deepEqual(brokenLinks(root), []);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { pathname } = new URL(request.url);
        const file = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
        const type = TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
        try {
          const bytes = await Deno.readFile(root + file);
          return new Response(bytes, { headers: { "content-type": type } });
        } catch {
          return new Response("", { status: 404 });
        }
      },
    );
    const url = `http://127.0.0.1:${server.addr.port}`;
    await using browser = await openPage();
    const { page, errors, requests } = browser;
    for (const path of ["/", "/docs/quick-start.html", "/docs/settings.html"]) {
      await page.goto(url + path, { waitUntil: "networkidle" });
      assert.ok(await page.textContent("h1"));
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { document, axe } = globalThis as unknown as Axe & { document: unknown };
        // The generator's search button shows its key, which is no part of its name.
        const rules = { "label-content-name-mismatch": { enabled: false } };
        const { violations } = await axe.run(document, { rules });
        return violations.map(({ id, nodes }) => [id, nodes[0].html]);
      });
      assert.deepEqual(found, [], path);
    }
    assert.deepEqual(errors, []);
    assert.deepEqual(requests.filter((at) => !at.startsWith(url) && !at.startsWith("data:")), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

function htmlFiles(root: string, folder = ""): string[] {
  return [...Deno.readDirSync(`${root}/${folder}`)].flatMap(({ name, isDirectory }) => {
    const path = posix.join(folder, name);
    return isDirectory ? htmlFiles(root, path) : name.endsWith(".html") ? [path] : [];
  });
}

/** Links and pictures of all pages that lead to no file, or to no place in it. */
function brokenLinks(root: string): string[] {
  const texts = new Map(
    htmlFiles(root).map((file) => [file, Deno.readTextFileSync(`${root}/${file}`)]),
  );
  assert.ok(texts.size > 30, String(texts.size));
  return [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/ (?:href|src|srcset)="([^"]*)"/g)].map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split("#");
        const to = path === ""
          ? file
          : posix.join("/", path.startsWith("/") ? path : posix.join(posix.dirname(file), path))
            .slice(1) || "index.html";
        const html = texts.get(to);
        if (html !== undefined) {
          return anchor !== undefined && anchor !== "" &&
            !html.includes(`id="${decodeURIComponent(anchor)}"`);
        }
        try {
          return !Deno.statSync(`${root}/${to}`).isFile;
        } catch {
          return true;
        }
      }).map((target) => `${file}: ${target}`)
  );
}
