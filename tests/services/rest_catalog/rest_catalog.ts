import { freePort } from "../free_port.ts";
import { type ServiceProcess, startService } from "../service_process.ts";
import { fetchJars, installOnce, REPOSITORY, runTool, TOOLS } from "../tools_folder.ts";

const SOURCES = `${REPOSITORY}/tests/services/rest_catalog`;

/** An Iceberg REST catalog that runs. Tables may lie anywhere on this host's disk. */
export interface RestCatalogService extends ServiceProcess {
  readonly uri: string;
}

/**
 * Starts Iceberg's own REST catalog on a free port.
 * @param folder of its database, which must be there
 * @throws {Missing} without Java, without Maven, or when the fetch of its jars fails
 */
export async function startRestCatalog(folder: string): Promise<RestCatalogService> {
  await runTool("java", ["-version"]);
  const pom = `${SOURCES}/pom.xml`;
  await installOnce("rest-catalog", Deno.readTextFileSync(pom), async () => {
    await fetchJars("rest-catalog", pom);
  });
  Deno.mkdirSync(folder, { recursive: true });
  const port = freePort();
  const uri = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: "the REST catalog",
    program: "java",
    args: [
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      `${TOOLS}/rest-catalog/libs/*`,
      `${SOURCES}/RestCatalog.java`,
      String(port),
      folder,
    ],
    logFile: `${folder}/rest-catalog.log`,
    isReady: async () => {
      const response = await fetch(`${uri}/v1/config`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok === true;
    },
  });
  return { ...service, uri };
}
