import { freePort } from "../free_port.ts";
import { type ServiceProcess, startService } from "../service_process.ts";
import { fetchJars, installOnce, REPOSITORY, runTool, TOOLS } from "../tools_folder.ts";
import { findJava } from "../jdk.ts";

const SOURCES = `${REPOSITORY}/tests/services/trino`;

/** The oldest JDK that Trino 476 runs on. Source: https://trino.io/docs/476/release/release-476.html */
const JDK = 24;

/** A Trino that runs, without catalogs; see `createCatalog` in trino_client.ts. */
export interface TrinoService extends ServiceProcess {
  readonly uri: string;
}

/**
 * Starts Trino on a free port.
 * @param folder of its log, which is made where it is not there
 * @throws {Missing} without a JDK of its version, without Maven, or when the fetch of its jars fails
 */
export async function startTrino(folder: string): Promise<TrinoService> {
  const java = await findJava(JDK);
  const pom = `${SOURCES}/pom.xml`;
  await installOnce("trino", Deno.readTextFileSync(pom), async () => {
    // Else jars of an earlier version stay beside the new ones.
    await runTool("rm", ["-rf", `${TOOLS}/trino`]);
    await fetchJars("trino", pom);
  });
  Deno.mkdirSync(folder, { recursive: true });
  const port = freePort();
  const uri = `http://127.0.0.1:${port}`;
  const logFile = `${folder}/trino.log`;
  const service = await startService({
    name: "Trino",
    program: java,
    args: [
      "-Xmx1g",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      `${TOOLS}/trino/libs/*`,
      `${SOURCES}/Trino.java`,
      String(port),
    ],
    logFile,
    timeoutMs: 180_000,
    isReady: () => Promise.resolve(Deno.readTextFileSync(logFile).includes("plugins installed")),
  });
  return { ...service, uri };
}
