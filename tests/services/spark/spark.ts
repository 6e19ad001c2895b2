import { findJava } from "../jdk.ts";
import { fetchJars, installOnce, REPOSITORY, runTool, TOOLS } from "../tools_folder.ts";

const SOURCES = `${REPOSITORY}/tests/services/spark`;

/** JDKs that it runs on: its Hadoop needs a part of `Subject` that JDK 24 has dropped. */
const JDKS = [17, 23] as const;

/** The class behind `spark-sql`. */
const SQL_SHELL = "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver";

/** Scala's version in the names of Spark's jars. */
const SCALA = "2.12";

/** Settings of the tests alone: less work at the start, nothing that listens but on the loopback interface. */
const SETTINGS = {
  "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
  "spark.ui.enabled": "false",
  // Else a Derby database for tables that no test has.
  "spark.sql.catalogImplementation": "in-memory",
  "spark.sql.shuffle.partitions": "2",
};

/**
 * Installs Spark with Iceberg's runtime.
 * @returns its folder, as `SPARK_HOME` names it
 * @throws {Missing} without such a JDK, without Maven, or when the fetch of the jars fails
 */
export async function installSpark(): Promise<string> {
  await findJava(...JDKS);
  const pom = `${SOURCES}/pom.xml`;
  await installOnce("spark", Deno.readTextFileSync(pom), async () => {
    // Else jars of an earlier version stay beside the new ones.
    await runTool("rm", ["-rf", `${TOOLS}/spark`]);
    await fetchJars("spark", pom);
    // Where Spark's launcher looks.
    await Deno.rename(`${TOOLS}/spark/libs`, `${TOOLS}/spark/jars`);
  });
  return `${TOOLS}/spark`;
}

/** Options of {@linkcode sparkSql}. */
export interface SparkSqlOptions {
  /** Words of the command line behind `spark-sql`. */
  args: readonly string[];
  /** Each a whole statement, without a semicolon. */
  statements: readonly string[];
  env?: Record<string, string>;
}

/**
 * Runs statements in one session of `spark-sql`.
 * @returns rows of each, every value as the shell prints it
 * @throws {Error} with the shell's messages, when a statement fails
 */
export async function sparkSql(options: SparkSqlOptions): Promise<string[][][]> {
  const { args, statements, env = {} } = options;
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-spark-" });
  try {
    const mark = (i: number) => `answer-${i}`;
    const script = statements.map((sql, i) => `${sql};\nSELECT '${mark(i)}';\n`).join("");
    const said = await run(await commandLine([...args, "-e", script]), cwd, {
      TZ: "UTC",
      SPARK_LOCAL_IP: "127.0.0.1",
      ...env,
    });
    const answers: string[][][] = [[]];
    for (const line of said.split("\n")) {
      if (line === mark(answers.length - 1)) answers.push([]);
      else if (line !== "") answers.at(-1)!.push(line.split("\t"));
    }
    return answers.slice(0, -1);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** What bin/spark-sql, which no jar has, does: Spark's launcher makes the command line of the JVM. */
async function commandLine(args: readonly string[]): Promise<string[]> {
  const home = Deno.env.get("TEST_SPARK")!;
  const java = await findJava(...JDKS);
  const settings = Object.entries(SETTINGS).flatMap(([k, v]) => ["--conf", `${k}=${v}`]);
  const submit = ["org.apache.spark.deploy.SparkSubmit", "--class", SQL_SHELL];
  const launcher = ["-cp", `${home}/jars/*`, "org.apache.spark.launcher.Main", ...submit];
  const command = await run([java, "-Xmx64m", ...launcher, ...settings, ...args], home, {
    SPARK_HOME: home,
    SPARK_SCALA_VERSION: SCALA,
  });
  // Behind an empty line, words that each end with a NUL; the first is the `java` of JAVA_HOME.
  const words = command.slice(command.indexOf("\n") + 1).split("\0").slice(1, -1);
  return [java, ...words];
}

async function run(
  [program, ...args]: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Spark failed:\n${text(stderr).trim().slice(-4000)}`);
  return text(stdout);
}
