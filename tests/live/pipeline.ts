import { openBroker } from "../../mod/commands/open_broker.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { runTicklake, type Spawned, spawnTicklake } from "../services/services.ts";

/** A topic, a lake, and a dashboard over both. */
export interface Pipeline extends AsyncDisposable {
  /** Folder of the embedded parts. */
  readonly home: string;
  readonly url: string;
  /** Sends CSV rows, see {@linkcode row}. */
  produce(rows: string[], ...args: string[]): Promise<void>;
  /** Sends messages as they are; the promise ends with their acknowledgement. */
  send(messages: string[]): Promise<void>;
  /** Writes what is in the topic to the lake. */
  consume(): Promise<void>;
  /** Starts the dashboard; again at the same address. */
  startDashboard(): Promise<void>;
  stopDashboard(): Promise<void>;
}

/** Options of {@linkcode startPipeline}. */
export interface PipelineOptions {
  /** Settings; without any the embedded parts are used. */
  env?: Record<string, string>;
  /** Whether the dashboard is the compiled program's. @default {false} */
  binary?: boolean;
}

const HEADER = "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n";

/** A row of the CSV file: all prices of a day from one. */
export function row(index: string, date: string, close: number): string {
  return `${index},${date},${close - 1},${close + 2},${close - 3},${close},${close},10,${
    close / 2
  }`;
}

/** The same as a message. */
export function quote(Index: string, Date: string, close: number): string {
  return JSON.stringify({
    ...{ Index, Date, Open: close - 1, High: close + 2, Low: close - 3, Close: close },
    ...{ "Adj Close": close, Volume: 10, CloseUSD: close / 2 },
  });
}

/** Fills a lake with rows, unless there are none, and starts the dashboard. */
export async function startPipeline(
  rows: string[] | undefined,
  { env = {}, binary = false }: PipelineOptions = {},
): Promise<Pipeline> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-live-" });
  let dashboard: Spawned | undefined;
  let listen = "127.0.0.1:0";
  let url = "";
  const must = async (args: string[], stdin?: string) => {
    const { code, stderr } = await runTicklake([...args, "--home", home], { stdin, env });
    if (code !== 0) throw new Error(stderr);
  };
  const { settings } = loadSettings({ flags: { home }, environment: env });
  const broker = await openBroker(settings);
  const pipeline: Pipeline = {
    home,
    get url() {
      return url;
    },
    produce: (rows, ...args) =>
      must(
        [
          ...["produce", "--input", "-", "--mode", "replay", "--partitions", "1"],
          ...(args.length === 0 ? ["--rate", "max"] : args),
        ],
        HEADER + rows.map((row) => row + "\n").join(""),
      ),
    async send(messages) {
      const producer = await broker.producer({ topic: settings.topic });
      try {
        await producer.send(messages.map((value) => ({ key: null, value })));
      } finally {
        await producer.close();
      }
    },
    consume: () => must(["consume", "--until-end"]),
    async startDashboard() {
      dashboard = spawnTicklake(["dashboard", "--home", home, "--listen", listen], { env, binary });
      const [, found] = await dashboard.waitFor(/dashboard at (\S+)/);
      url = found;
      listen = new URL(url).host;
    },
    async stopDashboard() {
      const { code, stderr } = await dashboard!.stop();
      if (code !== 0) throw new Error(stderr);
    },
    async [Symbol.asyncDispose]() {
      await dashboard?.stop("SIGKILL");
      await broker.close();
      await Deno.remove(home, { recursive: true });
    },
  };
  if (rows !== undefined) {
    await pipeline.produce(rows);
    await pipeline.consume();
  }
  await pipeline.startDashboard();
  return pipeline;
}
