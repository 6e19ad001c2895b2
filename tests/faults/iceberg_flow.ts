import { runTool } from "../services/tools_folder.ts";
import { uniqueName } from "../services/services.ts";
import { EmbeddedFlow } from "./embedded_flow.ts";
import { TABLE } from "./flow.ts";
import type { LakeCount } from "./lake_count.ts";
import type { Stage } from "./stage.ts";

/** What an Iceberg table holds. */
export interface IcebergCount extends LakeCount {
  /** Snapshots that its history has. */
  snapshots: number;
}

/** From the embedded log into an Iceberg table whose files lie in a directory. */
export class IcebergFlow extends EmbeddedFlow {
  readonly #rest: { uri: string; namespace: string } | undefined;
  /** File with the places of the rows that were deleted. */
  #deleted: string | undefined;

  /**
   * @param rest address of a REST catalog. @default {the table's own folder}
   * @param home see `EmbeddedFlow`
   */
  constructor(rest?: string, home?: string) {
    super(home);
    const namespace = uniqueName("lake").replaceAll("-", "_");
    this.#rest = rest === undefined ? undefined : { uri: rest, namespace };
  }

  override get env(): Record<string, string> {
    const rest = this.#rest;
    return {
      ...super.env,
      TICKLAKE_TABLE_FORMAT: "iceberg",
      ...rest === undefined
        ? {}
        : { ICEBERG_REST_URI: rest.uri, TICKLAKE_DATABASE: rest.namespace },
    };
  }

  /**
   * Changes the table by pyiceberg until it is ended: rewrites its rows, or deletes some of them.
   * @returns what ends it, and says for people what it came to
   */
  changeBeside(how: "rewrite" | "delete", seed: number): () => Promise<string> {
    const { uri, namespace } = this.#rest!;
    const script = new URL(`${how}_beside.py`, import.meta.url).pathname;
    if (how === "delete") this.#deleted = `${this.folder}/deleted`;
    const options = this.#deleted === undefined ? [] : [this.#deleted, String(seed)];
    const child = new Deno.Command(Deno.env.get("TEST_ICEBERG_PYTHON")!, {
      args: [script, uri, namespace, TABLE, ...options],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    return async () => {
      await child.stdin.close();
      const { success, stdout, stderr } = await output;
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      const { done, given_up } = JSON.parse(new TextDecoder().decode(stdout));
      return `pyiceberg ${
        how === "delete" ? "deleted" : "rewrote"
      } ${done} times, and gave up ${given_up} times`;
    };
  }

  /** What pyiceberg counts; DuckDB must count the same. */
  override async count(): Promise<IcebergCount> {
    const { topic, log, folder } = this.counted;
    const where = this.#rest === undefined
      ? { metadata: await newest(`${folder}/${TABLE}/metadata`) }
      : { rest: this.#rest };
    const script = new URL("count_iceberg.py", import.meta.url).pathname;
    const config = JSON.stringify({ topic, log, table: TABLE, deleted: this.#deleted, ...where });
    return JSON.parse(await runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, [script, config]));
  }
}

/** From the embedded log into the kind of table that a stage is set to. */
export function embeddedFlow({ table, catalog, restUri }: Stage, home?: string): EmbeddedFlow {
  if (table === "hive") return new EmbeddedFlow(home);
  return new IcebergFlow(catalog === "rest" ? restUri : undefined, home);
}

async function newest(folder: string): Promise<string> {
  return `${folder}/v${await Deno.readTextFile(`${folder}/version-hint.text`)}.metadata.json`;
}
