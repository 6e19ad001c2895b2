import { freePort } from "../free_port.ts";
import { type ServiceProcess, startService } from "../service_process.ts";
import { installOnce, runTool, TOOLS } from "../tools_folder.ts";

/** The last one whose whole program is in Maven Central. */
const VERSION = "3.0.9";

/** A schema registry that runs, with its schemas in memory. */
export interface SchemaRegistryService extends ServiceProcess {
  /** Of Confluent's API. */
  readonly url: string;
}

/**
 * Starts Apicurio Registry on a free port, or a given one.
 * @param folder of its log, which must be there
 * @throws {Missing} without Java, without Maven, or when it cannot be fetched
 */
export async function startSchemaRegistry(
  folder: string,
  port = freePort(),
): Promise<SchemaRegistryService> {
  await runTool("java", ["-version"]);
  const home = `${TOOLS}/schema-registry`;
  await installOnce("schema-registry", VERSION, async () => {
    const artifact = `-Dartifact=io.apicurio:apicurio-registry-app:${VERSION}:zip:all`;
    const output = `-DoutputDirectory=${TOOLS}/schema-registry-zip`;
    await runTool("mvn", ["-q", "-B", "dependency:copy", artifact, output]);
    const zip = `${TOOLS}/schema-registry-zip/apicurio-registry-app-${VERSION}-all.zip`;
    await runTool("python3", ["-m", "zipfile", "-e", zip, home]);
  });
  Deno.mkdirSync(folder, { recursive: true });
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const service = await startService({
    name: "the schema registry",
    program: "java",
    args: [
      "-Xmx300m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-Dquarkus.http.host=127.0.0.1",
      `-Dquarkus.http.port=${port}`,
      "-jar",
      `${home}/apicurio-registry-app-${VERSION}-runner.jar`,
    ],
    logFile: `${folder}/schema-registry.log`,
    timeoutMs: 120_000,
    isReady: async () => {
      const response = await fetch(`${url}/subjects`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok === true;
    },
  });
  return { ...service, url };
}
