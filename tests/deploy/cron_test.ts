import assert from "node:assert/strict";
import { parseLine } from "../cli/parse_line.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, kafka, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** A line of a crontab for the whole system. */
interface Job {
  /** Minute, hour, day of the month, month, day of the week. */
  times: string[];
  user: string;
  command: string;
}

const text = Deno.readTextFileSync(`${REPOSITORY}/deploy/cron/ticklake-cron`);
const variables: Record<string, string> = {};
const jobs: Job[] = [];
for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
  const variable = /^(\w+)=(.*)$/.exec(line);
  const job = /^((?:\S+ ){5})(\S+) (.*)$/.exec(line);
  if (variable !== null) variables[variable[1]] = variable[2];
  else if (job !== null) {
    jobs.push({ times: job[1].trim().split(" "), user: job[2], command: job[3] });
  } else throw new Error(`neither a variable nor a job: ${line}`);
}

/** Words after `ticklake` of a job. */
function wordsOf({ command }: Job): string[] {
  return /\(ticklake (.*?) 2>&1\)/.exec(command)![1].split(" ");
}

Deno.test("each job has five times, a user, and words that the program understands", () => {
  assert.deepEqual(jobs.map((job) => wordsOf(job)[0]), ["setup-catalog", "verify"]);
  for (const job of jobs) {
    for (const [i, most] of [59, 23, 31, 12, 7].entries()) {
      const time = job.times[i];
      assert.ok(time === "*" || Number(time) <= most, `${time} in ${job.command}`);
    }
    assert.equal(job.user, "root");
    assert.ok("invocation" in parseLine(wordsOf(job)), job.command);
    // cron ends the command at one.
    assert.ok(!job.command.includes("%"), job.command);
  }
});

Deno.test("cron reads the file: it ends with a line's end and has no name with a dot", () => {
  assert.ok(text.endsWith("\n"));
  const guide = Deno.readTextFileSync(`${REPOSITORY}/docs/ec2.md`);
  assert.match(guide, /install -m 644 ticklake-cron \/etc\/cron\.d\/ticklake\n/);
});

serviceTest(
  "the jobs run the binary as cron would: silent when all is well, with the reason when not",
  { needs: ["binary", "kafka", "aws"] },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "ticklake-cron-" });
    const env: Record<string, string> = {
      ...awsEnv(),
      AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
      KAFKA_BOOTSTRAP_SERVERS: kafka()!,
      KAFKA_TOPIC: uniqueName("cron"),
      KAFKA_GROUP_ID: uniqueName("cron"),
      TICKLAKE_DATABASE: uniqueName("cron").replaceAll("-", "_"),
      TICKLAKE_CRAWLER: uniqueName("cron"),
      TICKLAKE_GLUE_ROLE: "ticklake-crawler",
    };
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`).join("");
    await Deno.writeTextFile(`${folder}/ticklake.env`, lines, { mode: 0o600 });
    await Deno.symlink(Deno.env.get("TEST_BINARY")!, `${folder}/ticklake`);
    for (const args of [["produce", "-n", "50", "--rate", "max"], ["consume", "--until-end"]]) {
      const { code, stderr } = await runTicklake(args, { env, binary: true });
      assert.equal(code, 0, stderr);
    }
    const asCron = async ({ command }: Job) => {
      const { stdout, stderr } = await new Deno.Command(variables.SHELL, {
        args: ["-c", command.replace("/etc/ticklake/", `${folder}/`)],
        cwd: folder,
        clearEnv: true,
        env: { HOME: folder, LOGNAME: "root", PATH: `${folder}:${variables.PATH}` },
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    // Every morning again.
    for (const job of [...jobs, ...jobs]) assert.equal(await asCron(job), "", job.command);

    await Deno.writeTextFile(
      `${folder}/ticklake.env`,
      lines.replace(/^AWS_S3_BUCKET=.*$/m, "AWS_S3_BUCKET=gone"),
    );
    const [, verify] = jobs;
    assert.match(await asCron(verify), /error: .*bucket gone does not exist/);
    await Deno.remove(folder, { recursive: true });
  },
);
