import { fetchJars, installOnce, REPOSITORY, runTool, TOOLS } from "../tools_folder.ts";

const SOURCES = `${REPOSITORY}/tests/services/glue_serde`;

/**
 * Installs AWS's serializers.
 * @returns their class path
 * @throws {Missing} without Java, without Maven, or when the fetch of the jars fails
 */
export async function installGlueSerde(): Promise<string> {
  await runTool("java", ["-version"]);
  const pom = `${SOURCES}/pom.xml`;
  await installOnce("glue-serde", Deno.readTextFileSync(pom), async () => {
    await fetchJars("glue-serde", pom);
  });
  return `${TOOLS}/glue-serde/libs/*`;
}

/** A value to be read, or a row to be written, by AWS's serializers. */
export interface GlueJob {
  format: "AVRO" | "PROTOBUF";
  topic: string;
  /** To be read, in hex. */
  value?: string;
  /** Avro's, or a descriptor of a Protobuf file as JSON. */
  schema?: unknown;
  /** Path of the Protobuf message's name, such as `Outer.Inner`. */
  message?: string;
  /** To be written, in Avro's or Protobuf's JSON. */
  row?: unknown;
  compress?: boolean;
}

/**
 * What AWS's serializers make of the jobs: a value in hex, or a row as JSON.
 * @param env endpoint, region and credentials
 */
export async function glueSerde(
  jobs: readonly GlueJob[],
  env: Record<string, string>,
): Promise<string[]> {
  const classPath = Deno.env.get("TEST_GLUE_SERDE")!;
  const java = ["-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", classPath];
  const args = [...java, `${SOURCES}/GlueSerde.java`, JSON.stringify(jobs)];
  return (await runTool("java", args, env)).split("\n");
}
