/** One file of the page. */
export interface PageFile {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The page's files by path. They are read from beside this module: in the compiled program they are
 * part of it (scripts/compile.ts includes them), as is the chart library's own bundle.
 */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const own = async (name: string, type: string): Promise<PageFile> => ({
    type: `${type}; charset=utf-8`,
    bytes: await Deno.readFile(new URL(`./page/${name}`, import.meta.url)),
  });
  const charts = new URL(
    "lightweight-charts.standalone.production.js",
    import.meta.resolve("lightweight-charts"),
  );
  return new Map([
    ["/", await own("index.html", "text/html")],
    ["/app.css", await own("app.css", "text/css")],
    ["/app.js", await own("app.js", "text/javascript")],
    ["/charts.js", {
      type: "text/javascript; charset=utf-8",
      bytes: await Deno.readFile(charts),
    }],
  ]);
}

/** Never called: it makes the package a part of the program. */
export const chartLibrary = () => import("lightweight-charts");
