import { runTicklake, type Spawned, spawnTicklake } from "../services/services.ts";

/** A home with the embedded parts, and a dashboard over it. */
export interface Pipeline extends AsyncDisposable {
  readonly home: string;
  readonly url: string;
  /** Sends CSV rows, `Index,Date,Open,High,Low,Close,Volume` each. */
  produce(rows: string[]): Promise<void>;
  /** Writes what is in the topic to the lake. */
  consume(): Promise<void>;
  /** Ends the dashboard, and starts it again at the same address. */
  restart(): Promise<void>;
  stopDashboard(): Promise<void>;
  startDashboard(): Promise<void>;
}

const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n";

/** A row of the CSV file: all prices of a day from one. */
export function row(index: string, date: string, close: number): string {
  return `${index},${date},${close - 1},${close + 2},${close - 3},${close},${close},10,${
    close / 2
  }`;
}

/**
 * Fills a lake with rows and starts the dashboard.
 * @param raw further messages, sent as they are
 */
export async function startPipeline(rows: string[]): Promise<Pipeline> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-live-" });
  let dashboard: Spawned | undefined;
  let listen = "127.0.0.1:0";
  let url = "";
  const must = async (args: string[], stdin?: string) => {
    const { code, stderr } = await runTicklake([...args, "--home", home], { stdin });
    if (code !== 0) throw new Error(stderr);
  };
  const pipeline: Pipeline = {
    home,
    get url() {
      return url;
    },
    produce: (rows) =>
      must(
        ["produce", "--input", "-", "--mode", "replay", "--rate", "max", "--partitions", "1"],
        HEADER + rows.map((row) => row + "\n").join(""),
      ),
    consume: () => must(["consume", "--until-end"]),
    async startDashboard() {
      dashboard = spawnTicklake(["dashboard", "--home", home, "--listen", listen]);
      const [, found] = await dashboard.waitFor(/dashboard at (\S+)/);
      url = found;
      listen = new URL(url).host;
    },
    async stopDashboard() {
      await dashboard?.stop();
    },
    async restart() {
      await pipeline.stopDashboard();
      await pipeline.startDashboard();
    },
    async [Symbol.asyncDispose]() {
      await dashboard?.stop("SIGKILL");
      await Deno.remove(home, { recursive: true });
    },
  };
  await pipeline.produce(rows);
  await pipeline.consume();
  await pipeline.startDashboard();
  return pipeline;
}
