import { runTool } from "../services/tools_folder.ts";
import { uniqueName } from "../services/services.ts";
import { EmbeddedFlow } from "./embedded_flow.ts";
import { TABLE } from "./flow.ts";
import type { LakeCount } from "./lake_count.ts";

/** What an Iceberg table holds. */
export interface IcebergCount extends LakeCount {
  /** Snapshots that its history has. */
  snapshots: number;
}

/** From the embedded log into an Iceberg table whose files lie in a directory. */
export class IcebergFlow extends EmbeddedFlow {
  readonly #rest: { uri: string; namespace: string } | undefined;

  /** @param rest address of a REST catalog. @default {the table's own folder} */
  constructor(rest?: string) {
    super();
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

  /** Rewrites the table by pyiceberg until it is ended. @returns what ends it, and says what it came to */
  rewriteBeside(): () => Promise<{ rewritten: number; given_up: number }> {
    const { uri, namespace } = this.#rest!;
    const script = new URL("rewrite_beside.py", import.meta.url).pathname;
    const child = new Deno.Command(Deno.env.get("TEST_ICEBERG_PYTHON")!, {
      args: [script, uri, namespace, TABLE],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    return async () => {
      await child.stdin.close();
      const { success, stdout, stderr } = await output;
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return JSON.parse(new TextDecoder().decode(stdout));
    };
  }

  /** What pyiceberg counts; DuckDB must count the same. */
  override async count(): Promise<IcebergCount> {
    const { topic, log, folder } = this.counted;
    const where = this.#rest === undefined
      ? { metadata: await newest(`${folder}/${TABLE}/metadata`) }
      : { rest: this.#rest };
    const script = new URL("count_iceberg.py", import.meta.url).pathname;
    const config = JSON.stringify({ topic, log, table: TABLE, ...where });
    return JSON.parse(await runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, [script, config]));
  }
}

async function newest(folder: string): Promise<string> {
  return `${folder}/v${await Deno.readTextFile(`${folder}/version-hint.text`)}.metadata.json`;
}
