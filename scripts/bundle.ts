import * as esbuild from "esbuild";

/**
 * Puts the program and what it uses of its packages together into a few modules: what is compiled from
 * them is a fifth smaller than with the packages as they are (the AWS SDK alone has thousands of files),
 * and starts in two thirds of the time.
 */

const root = new URL("..", import.meta.url).pathname;

/** Modules that run as threads. */
const WORKERS = [
  "mod/catalog/local/query_worker.ts",
  "mod/catalog/local/first_load/load_worker.ts",
  "mod/lake/format/encode_worker.ts",
  "mod/files/pipe_worker.ts",
];

/** Files that are read at run time, from beside the module that reads them. */
const FILES = ["data/indexProcessed.csv", "mod/live/page"];

/** Files of packages that are read at run time, from beside the package's entry. */
const PACKAGE_FILES: Record<string, string> = {
  "lightweight-charts": "dist/lightweight-charts.standalone.production.js",
};

/** A bundle of the program. */
export interface Bundle {
  /** The module to run. */
  main: string;
  /** Files and folders that no import names. */
  included: string[];
  /** Bytes of the modules by package; what is not of a package is `ticklake`. */
  sizes: Map<string, number>;
}

/**
 * Bundles the program into a folder.
 * @param packages a folder `node_modules` with the packages
 */
export async function bundle(into: string, packages: string): Promise<Bundle> {
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { main: "main.ts", ...Object.fromEntries(WORKERS.map((w) => [threadName(w), w])) },
    outdir: into,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "esnext",
    nodePaths: [packages],
    mainFields: ["module", "main"],
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
    // Modules of packages that are CommonJS ask for Node's own.
    banner: {
      js:
        'import { createRequire as createRequire_ } from "node:module"; const require = createRequire_(import.meta.url);',
    },
    plugins: [ownPlaces],
  });
  await esbuild.stop();
  return {
    main: `${into}/main.js`,
    included: [...await copyFiles(into, packages), ...await writeThreads(into)],
    sizes: sizesOf(metafile),
  };
}

/**
 * The modules' own places: whatever file a module comes to lie in, what it names beside itself is found
 * where it was, below the bundle's folder.
 */
const ownPlaces: esbuild.Plugin = {
  name: "own-places",
  setup(build) {
    build.onLoad({ filter: /\/mod\/.*\.ts$/ }, async ({ path }) => {
      const text = await Deno.readTextFile(path);
      if (!text.includes("import.meta.")) return undefined;
      const place = JSON.stringify("./" + path.slice(root.length));
      const contents = text
        .replaceAll("import.meta.url", `new URL(${place}, import.meta.url).href`)
        .replaceAll(
          /import\.meta\.resolve\("([^"]+)"\)/g,
          (_, name) => `new URL("./packages/${name}/", import.meta.url).href`,
        );
      return { contents, loader: "ts" };
    });
  },
};

function threadName(worker: string): string {
  return worker.slice(worker.lastIndexOf("/") + 1, -".ts".length);
}

/** At each thread's place a module that is the bundled one. */
async function writeThreads(into: string): Promise<string[]> {
  for (const worker of WORKERS) {
    const up = "../".repeat(worker.split("/").length - 1);
    await makeFolderOf(`${into}/${worker}`);
    await Deno.writeTextFile(`${into}/${worker}`, `import "${up}${threadName(worker)}.js";\n`);
  }
  return WORKERS.map((worker) => `${into}/${worker}`);
}

async function copyFiles(into: string, packages: string): Promise<string[]> {
  const copies: string[] = [];
  for (const file of FILES) await copy(root + file, `${into}/${file}`, copies);
  for (const [name, file] of Object.entries(PACKAGE_FILES)) {
    const target = `${into}/packages/${name}/${file.slice(file.lastIndexOf("/") + 1)}`;
    await copy(`${packages}/${name}/${file}`, target, copies);
  }
  return copies;
}

async function copy(from: string, to: string, copies: string[]): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    await makeFolderOf(to);
    await Deno.copyFile(from, to);
    copies.push(to);
    return;
  }
  for await (const { name } of Deno.readDir(from)) {
    await copy(`${from}/${name}`, `${to}/${name}`, copies);
  }
}

async function makeFolderOf(file: string): Promise<void> {
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
}

function sizesOf({ outputs }: esbuild.Metafile): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name = "ticklake"] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return sizes;
}
