import { compileBinary } from "./binary.ts";
import { findChromium } from "./chromium.ts";
import { installGlueSerde } from "./glue_serde/glue_serde.ts";
import { startKafka } from "./kafka/kafka.ts";
import { startMoto } from "./moto.ts";
import {
  CONFLUENT_PYTHON,
  ICEBERG_PYTHON,
  installConfluentPython,
  installIcebergPython,
  installPython,
  VENV_PYTHON,
} from "./python_venv.ts";
import { startRestCatalog } from "./rest_catalog/rest_catalog.ts";
import { startSchemaRegistry } from "./schema_registry/schema_registry.ts";
import type { Need } from "./services.ts";
import { Missing } from "./tools_folder.ts";
import { installSpark } from "./spark/spark.ts";
import { startTrino } from "./trino/trino.ts";
import { startVersitygw } from "./versitygw.ts";

/** Services that run for the tests. */
export interface RunningServices {
  /** Variables that services.ts finds them by. */
  env: Record<string, string>;
  /** Why something is not there that tests can need. */
  missing: Partial<Record<Need, string>>;
  /** Ends those that were started here. */
  stop(): Promise<void>;
}

/** One service: the variables that name it, the needs that it meets, how it starts. */
interface Part {
  variables: readonly string[];
  needs: readonly Need[];
  /** Values of the variables, in their order. */
  start(folder: string): Promise<{ values: string[]; stop?: () => Promise<void> }>;
}

const PARTS: readonly Part[] = [
  {
    variables: ["TEST_KAFKA"],
    needs: ["kafka"],
    async start(folder) {
      const { bootstrap, stop } = await startKafka({ folder: `${folder}/kafka` });
      return { values: [bootstrap], stop };
    },
  },
  {
    variables: ["TEST_AWS_ENDPOINT", "TEST_S3_ENDPOINT"],
    needs: ["aws", "s3"],
    async start(folder) {
      const { endpoint, stop } = await startMoto({ folder: `${folder}/moto` });
      return { values: [endpoint, endpoint], stop };
    },
  },
  {
    variables: ["TEST_S3_REAL", "TEST_S3_REAL_ACCESS_KEY", "TEST_S3_REAL_SECRET_KEY"],
    needs: ["real-s3"],
    async start(folder) {
      const server = await startVersitygw({ folder: `${folder}/versitygw` });
      const { endpoint, accessKey, secretKey, stop } = server;
      return { values: [endpoint, accessKey, secretKey], stop };
    },
  },
  {
    variables: ["TEST_PYTHON"],
    needs: ["python"],
    async start() {
      await installPython();
      return { values: [VENV_PYTHON] };
    },
  },
  {
    variables: ["TEST_ICEBERG_REST"],
    needs: ["iceberg-rest"],
    async start(folder) {
      const { uri, stop } = await startRestCatalog(`${folder}/rest-catalog`);
      return { values: [uri], stop };
    },
  },
  {
    variables: ["TEST_TRINO"],
    needs: ["trino"],
    async start(folder) {
      const { uri, stop } = await startTrino(`${folder}/trino`);
      return { values: [uri], stop };
    },
  },
  {
    variables: ["TEST_SPARK"],
    needs: ["spark"],
    async start() {
      return { values: [await installSpark()] };
    },
  },
  {
    variables: ["TEST_ICEBERG_PYTHON"],
    needs: ["iceberg-readers"],
    async start() {
      await installIcebergPython();
      return { values: [ICEBERG_PYTHON] };
    },
  },
  {
    variables: ["TEST_SCHEMA_REGISTRY"],
    needs: ["schema-registry"],
    async start(folder) {
      const { url, stop } = await startSchemaRegistry(`${folder}/schema-registry`);
      return { values: [url], stop };
    },
  },
  {
    variables: ["TEST_CONFLUENT_PYTHON"],
    needs: ["confluent-client"],
    async start() {
      await installConfluentPython();
      return { values: [CONFLUENT_PYTHON] };
    },
  },
  {
    variables: ["TEST_GLUE_SERDE"],
    needs: ["glue-serde"],
    async start() {
      return { values: [await installGlueSerde()] };
    },
  },
  {
    variables: ["TEST_CHROMIUM"],
    needs: ["chromium"],
    async start() {
      return { values: [await findChromium()] };
    },
  },
  {
    variables: ["TEST_BINARY"],
    needs: ["binary"],
    async start(folder) {
      return { values: [await compileBinary(folder)] };
    },
  },
];

/**
 * Starts the services that meet some needs, each below a folder of its own. Variables that the
 * environment has already win: a service that they name wholly is not started. One that cannot run on
 * this host is reported as missing.
 * @throws {Error} when a service is installed but does not start; the others are stopped.
 */
export async function startServices(
  folder: string,
  wanted: ReadonlySet<Need>,
): Promise<RunningServices> {
  const running: RunningServices = { env: {}, missing: {}, stop };
  const stops: Array<() => Promise<void>> = [];
  async function stop() {
    await Promise.all(stops.splice(0).map((stop) => stop()));
  }
  const started = await Promise.allSettled(PARTS.map(async ({ variables, needs, start }) => {
    if (!needs.some((need) => wanted.has(need))) return;
    const given = variables.map((name) => Deno.env.get(name));
    if (given.every((value) => value)) return;
    try {
      const { values, stop } = await start(folder);
      if (stop !== undefined) stops.push(stop);
      variables.forEach((name, i) => running.env[name] = given[i] || values[i]);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      for (const need of needs) running.missing[need] = error.message;
    }
  }));
  for (const result of started) {
    if (result.status === "fulfilled") continue;
    await stop();
    throw result.reason;
  }
  return running;
}
