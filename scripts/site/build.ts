/**
 * Builds the documentation as a site with VitePress: `./dev site [FOLDER]`, by default dist/site. The
 * generator is installed below .tools with its own lock file; it is no part of the program.
 */
import { addressOf, gatherSource } from "./source.ts";
import { MENU } from "./pages.ts";

const root = new URL("../..", import.meta.url).pathname;
const here = new URL(".", import.meta.url).pathname;
/** VitePress's own theme without its web font, which is many files for little. */
const THEME = `import theme from "vitepress/theme-without-fonts";
import "./theme.css";
export default theme;
`;

const work = `${root}.tools/site`;
const out = Deno.args[0] === undefined
  ? `${root}dist/site`
  : await Deno.realPath(".").then((folder) => `${folder}/${Deno.args[0]}`);

async function deno(...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: work,
    env: { VITEPRESS_TELEMETRY: "0" },
  }).output();
  if (success) return;
  for (const bytes of [stdout, stderr]) Deno.stderr.writeSync(bytes);
  console.error(
    `error: deno ${
      args[0]
    } failed in .tools/site\n  fix: the generator comes from npm's registry; is it in reach?`,
  );
  Deno.exit(1);
}

await Deno.mkdir(`${work}/.vitepress`, { recursive: true });
for (const file of ["package.json", "deno.lock"]) {
  await Deno.copyFile(here + file, `${work}/${file}`);
}
await deno("install", "--node-modules-dir=auto", "--frozen", "--quiet");

const source = gatherSource(root, MENU.flatMap(({ pages }) => pages.map(({ file }) => file)));
await Deno.remove(`${work}/pages`, { recursive: true }).catch(() => {});
const write = async (path: string, put: (to: string) => Promise<void>) => {
  const to = `${work}/pages/${path}`;
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await put(to);
};
for (const [path, text] of source.pages) await write(path, (to) => Deno.writeTextFile(to, text));
for (const path of source.pictures) await write(path, (to) => Deno.copyFile(root + path, to));
const menu = MENU.map(({ text, pages }) => ({
  text,
  items: pages.map(({ file, text }) => ({
    text,
    link: "/" + addressOf(file).replace(/(index)?\.md$/, ""),
  })),
}));
await Deno.mkdir(`${work}/pages/.vitepress/theme`, { recursive: true });
await Deno.writeTextFile(`${work}/pages/.vitepress/menu.json`, JSON.stringify(menu));
await Deno.writeTextFile(`${work}/pages/.vitepress/theme/index.js`, THEME);
for (
  const [file, to] of [
    ["config.js", "config.js"],
    ["theme.css", "theme/theme.css"],
  ]
) await Deno.copyFile(here + file, `${work}/pages/.vitepress/${to}`);
await deno(
  "run",
  "-A",
  "--node-modules-dir=manual",
  "npm:vitepress",
  "build",
  "pages",
  "--outDir",
  out,
);
console.log(`wrote ${source.pages.size} pages to ${out}`);
