/** One file of the page. */
export interface PageFile {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Files of the folder `page`. */
const OWN = [
  "index.html",
  "app.css",
  "app.js",
  "candle_view.js",
  "chart.js",
  "comparison.js",
  "index_list.js",
  "login.html",
  "login.js",
  "message_view.js",
  "pipeline_view.js",
  "query_view.js",
  "quotes.js",
  "stream.js",
  "text.js",
  "timeline.js",
];

const TYPES: Record<string, string> = { html: "text/html", css: "text/css", js: "text/javascript" };

/**
 * The page's files by path. They are read from beside this module: in the compiled program they are
 * part of it (scripts/compile.ts includes them), as is the chart library's own bundle.
 */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const own = async (name: string): Promise<[path: string, file: PageFile]> => [
    name === "index.html" ? "/" : `/${name}`,
    {
      type: `${TYPES[name.slice(name.lastIndexOf(".") + 1)]}; charset=utf-8`,
      bytes: await Deno.readFile(new URL(`./page/${name}`, import.meta.url)),
    },
  ];
  const charts = new URL(
    "lightweight-charts.standalone.production.js",
    import.meta.resolve("lightweight-charts"),
  );
  return new Map([
    ...await Promise.all(OWN.map(own)),
    ["/charts.js", {
      type: "text/javascript; charset=utf-8",
      bytes: await Deno.readFile(charts),
    }],
  ]);
}

/** Never called: it makes the package a part of the program. */
export const chartLibrary = () => import("lightweight-charts");
