import { startRestCatalog } from "../../tests/services/rest_catalog/rest_catalog.ts";
import { startTrino } from "../../tests/services/trino/trino.ts";
import { askTrino, createRestCatalog } from "../../tests/services/trino/trino_client.ts";
import { ageFigures, agesOfRows } from "../row_ages.ts";
import { type Stage, ticklake, unique } from "../stage.ts";
import type { Figure } from "../table.ts";

const COMMIT_MS = 2000;

/**
 * From a row's way into `produce` until Trino counts it in the Iceberg table. With `--long` alone: Trino
 * takes a JDK 24, and 220 MB that are fetched.
 */
export async function trinoLine(stage: Stage): Promise<Figure[]> {
  if (!stage.long) return [];
  await using catalog = await startRestCatalog(`${stage.folder}/trino-catalog`);
  await using trino = await startTrino(`${stage.folder}/trino`);
  Deno.env.set("TEST_TRINO", trino.uri);
  const name = unique("run").replaceAll("-", "_");
  await createRestCatalog(name, catalog.uri, stage.env);
  const ages = await agesOfRows(stage, (topic) => {
    const program = ticklake(
      stage,
      ...["consume", "--topic", topic, "--group", name, "--prefix", name, "--log-level", "warning"],
      ...["--table-format", "iceberg", "--database", name, "--commit-interval", `${COMMIT_MS}ms`],
    );
    return Promise.resolve({
      program: { ...program, env: { ...program.env, ICEBERG_REST_URI: catalog.uri } },
      countRows: () => countInTrino(name),
    });
  });
  const line = `from produce to Trino's count, --commit-interval ${COMMIT_MS / 1000}s`;
  return ageFigures(line, "ticklake, Iceberg", ages, `${COMMIT_MS + 2000} ms`);
}

async function countInTrino(name: string): Promise<number> {
  try {
    const { rows } = await askTrino(`SELECT count(*) FROM ${name}.${name}.index_quotes`);
    return Number(rows[0][0]);
  } catch (error) {
    // Until the first commit.
    if (/TABLE_NOT_FOUND|SCHEMA_NOT_FOUND/.test((error as Error).message)) return 0;
    throw error;
  }
}
