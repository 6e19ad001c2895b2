import assert from "node:assert/strict";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { parseLine } from "../cli/parse_line.ts";
import { freePort } from "../services/free_port.ts";
import { answersKafka } from "../services/kafka/answers_kafka.ts";
import { installKafka, KAFKA_CLASS_PATH } from "../services/kafka/kafka.ts";
import { startService } from "../services/service_process.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { missingSystemd, skippableTest } from "../services/skippable.ts";
import { REPOSITORY, runTool } from "../services/tools_folder.ts";
import { wordsOf } from "../docs/words_of.ts";

const guide = Deno.readTextFileSync(`${REPOSITORY}/docs/ec2.md`);

const msk = Deno.readTextFileSync(`${REPOSITORY}/docs/msk.md`);

/** Blocks of code in a language. */
function blocks(language: string, page = guide): string[] {
  return [...page.matchAll(new RegExp("```" + language + "(?: \\w+)?\\n([\\s\\S]*?)```", "g"))]
    .map(([, text]) => text);
}

/** All command lines of ticklake in the guide, without what is piped or redirected behind them. */
function commandLines(): string[] {
  return blocks("sh").join("\n").replace(/\\\n\s*/g, "").split("\n")
    .map((line) => /^ *(?:sudo |~\/bin\/)?ticklake (.*)$/.exec(line)?.[1])
    .filter((line) => line !== undefined)
    .map((line) => line!.replace(/ [>|].*$| 2>.*$|' \|.*$/, ""));
}

Deno.test("every command line of the guide is one that the program understands", () => {
  const lines = commandLines();
  assert.ok(lines.length >= 7, String(lines));
  for (const line of lines) {
    const parsed = parseLine(wordsOf(line.replaceAll("$command", "consume")));
    assert.ok("invocation" in parsed, line);
  }
});

Deno.test("every setting of the guide and of MSK's page is one, with a value that it can have", () => {
  const known = new Set(ALL_SETTINGS.flatMap(([, { env, fileEnv }]) => [env, fileEnv]));
  const texts = [...blocks("env"), ...blocks("env", msk)];
  assert.ok(texts.length >= 4);
  for (const text of texts) {
    const lines = text.trim().split("\n").map((line) => line.split("=", 2) as [string, string]);
    for (const [name] of lines) assert.ok(known.has(name) || /^AWS_/.test(name), name);
    const environment = Object.fromEntries(lines.filter(([name]) => !name.endsWith("_FILE")));
    assert.deepEqual(loadSettings({ flags: {}, environment }).warnings, []);
  }
});

Deno.test("every file that the guide fetches from a release is in it", () => {
  const packed = Deno.readTextFileSync(`${REPOSITORY}/scripts/pack_release.ts`);
  const units = guide.match(/ticklake-\w+\.service(?= |;)/g)!;
  const fetched = [...guide.matchAll(/releases\/latest\/download\/([\w.-]+)"/g)].map(([, name]) =>
    name
  );
  assert.ok(units.length >= 2 && fetched.length >= 2);
  for (const name of [...units, ...fetched]) {
    assert.ok(packed.includes(`/${name}"`) || packed.includes(`add("${name}"`), name);
  }
});

Deno.test("what the guide names in the repository is there", () => {
  for (const [, path] of guide.matchAll(/`(deploy\/[\w/.-]+)`/g)) {
    Deno.statSync(`${REPOSITORY}/${path}`);
  }
});

skippableTest({
  name: "the guide's unit of Kafka passes systemd's checks",
  missing: missingSystemd(),
  async fn() {
    const [unit] = blocks("ini");
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(
      `${folder}/kafka.service`,
      unit.replace(/ExecStart=\S+/, "ExecStart=/bin/true").replace("User=kafka", "User=root"),
    );
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", "--man=no", `${folder}/kafka.service`],
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.ok(success);
    await Deno.remove(folder, { recursive: true });
  },
});

serviceTest("the guide's configuration of Kafka starts, and its steps work on it", {
  needs: ["kafka", "aws"],
}, async () => {
  await installKafka();
  const folder = await Deno.makeTempDir({ prefix: "ticklake-guide-" });
  const [port, controller] = [freePort(), freePort()];
  const [properties] = blocks("properties");
  const config = `${folder}/server.properties`;
  await Deno.writeTextFile(
    config,
    properties.replaceAll("127.0.0.1:9092", `127.0.0.1:${port}`)
      .replaceAll("127.0.0.1:9093", `127.0.0.1:${controller}`)
      .replace("/var/lib/kafka/data", `${folder}/data`),
  );
  const format = guide.match(/kafka-storage\.sh format (--standalone) \\\n\s+-t "\$id" -c \S+/)!;
  const id = await runTool("java", [
    "-cp",
    KAFKA_CLASS_PATH,
    "kafka.tools.StorageTool",
    "random-uuid",
  ]);
  await runTool("java", [
    ...["-cp", KAFKA_CLASS_PATH, "kafka.tools.StorageTool", "format", format[1]],
    ...["-t", id.split("\n").at(-1)!, "-c", config],
  ]);
  await using _ = await startService({
    name: "Kafka",
    program: "java",
    args: ["-Xms512m", "-Xmx512m", "-cp", KAFKA_CLASS_PATH, "kafka.Kafka", config],
    logFile: `${folder}/kafka.log`,
    isReady: () => answersKafka(port, "PLAINTEXT"),
  });
  const env = {
    ...awsEnv(),
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`,
    KAFKA_TOPIC: "index-quotes",
    AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
    TICKLAKE_DATABASE: uniqueName("guide").replaceAll("-", "_"),
    TICKLAKE_CRAWLER: uniqueName("guide"),
    TICKLAKE_GLUE_ROLE: uniqueName("guide"),
  };
  /** Runs a step as the guide has it, without its file of settings and its bucket. */
  const step = async (command: string) => {
    const line = commandLines().find((line) => line.startsWith(command))!;
    const words = wordsOf(line.replace(/ --env-file \S+| --bucket "\$BUCKET"/, ""));
    const { code, stdout, stderr } = await runTicklake([...words, "--json"], { env });
    assert.equal(code, 0, `${command}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const roleLine = /`ticklake (setup-catalog --create-role)/.exec(guide)![1];
  const made = await runTicklake(wordsOf(roleLine), { env });
  assert.equal(made.code, 0, made.stderr);
  assert.equal((await step("produce")).sent, 2000);
  const { findings } = await step("doctor");
  const topic = findings.find(({ check }: { check: string }) => check === "topic");
  assert.match(topic.detail, /index-quotes has 4 partitions, with 2,000 messages/);
  assert.equal((await step("consume")).written, 2000);
  await _.stop();
  await Deno.remove(folder, { recursive: true });
});
