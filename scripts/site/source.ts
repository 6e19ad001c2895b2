import { posix } from "node:path";

/** Code, which has no links; or a link of Markdown or HTML: what stands before the target, and the target. */
const LINK = /^```[\s\S]*?^```|`[^`\n]+`|(\]\(|(?:src|srcset|href)=")([^)"\s#]+)/gm;

/** What is neither a page nor a picture becomes a page that shows it. */
const PICTURE = /\.(png|svg)$/;

/** The pages' sources for the generator, by their path in the site's folder. */
export interface SiteSource {
  /** Text of each page. */
  pages: Map<string, string>;
  /** Files that are copied as they are, relative to the repository. */
  pictures: Set<string>;
}

/**
 * Gathers the site's pages from the repository: those of the menu, and for each other file or folder
 * that one of them links to a page that shows it.
 * @param root the repository, ending with `/`
 * @throws {Error} for a link that leads nowhere
 */
export function gatherSource(root: string, files: readonly string[]): SiteSource {
  const source: SiteSource = { pages: new Map(), pictures: new Set() };
  const titles = new Set(files);
  const page = (file: string) => {
    const folder = posix.dirname(file);
    return Deno.readTextFileSync(root + file).replace(LINK, (link, before, target) => {
      if (target === undefined || /^[a-z]+:/.test(target)) return link;
      const path = posix.join(folder, target);
      if (PICTURE.test(path)) {
        source.pictures.add(path);
        return before + relative(folder, path);
      }
      if (titles.has(path)) return before + relative(folder, addressOf(path));
      source.pages.set(`${path}.md`, shown(root, path));
      return before + relative(folder, `${path}.md`);
    });
  };
  for (const file of files) source.pages.set(addressOf(file), page(file));
  return source;
}

/** Where a page of the repository is in the site. */
export function addressOf(file: string): string {
  return file === "README.md" ? "index.md" : file;
}

function relative(folder: string, path: string): string {
  const way = posix.relative(folder, path);
  return way.startsWith(".") ? way : `./${way}`;
}

/** A file, or the files of a folder, as a page. */
function shown(root: string, path: string): string {
  const files = Deno.statSync(root + path).isDirectory
    ? [...Deno.readDirSync(root + path)].filter(({ isFile }) => isFile)
      .map(({ name }) => `${path}/${name}`).sort()
    : [path];
  const parts = files.map((file) => {
    const text = Deno.readTextFileSync(root + file).trimEnd();
    return `## ${posix.basename(file)}\n\n\`\`\`\`\`${languageOf(file)}\n${text}\n\`\`\`\`\`\n`;
  });
  return `# ${path}\n\n${parts.join("\n")}`;
}

function languageOf(file: string): string {
  const name = posix.basename(file);
  if (name === "Dockerfile") return "docker";
  if (name.endsWith(".service")) return "ini";
  return { yaml: "yaml", json: "json", sh: "sh" }[name.slice(name.lastIndexOf(".") + 1)] ?? "txt";
}
