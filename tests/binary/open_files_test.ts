import assert from "node:assert/strict";
import { kafka, realS3Env, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { withFolder } from "../verify/with_folder.ts";

/** With the fewest the runtime itself hardly starts; with the most a command may do all it has to. */
const LIMITS = [15, 17, 24];

const LINES: readonly string[][] = [
  ["produce", "-n", "10", "--rate", "max"],
  ["consume", "--until-end"],
  ["topic", "list"],
  ["status"],
  ["verify"],
  ["query", "SELECT 1"],
];

/** Options of a program that may have so many files open. */
function withFiles(files: number) {
  return { binary: true, wrapper: ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh"] };
}

/** Whether Deno itself has not come up. Once the program has said anything it must not panic. */
function hasNotComeUp(stderr: string): boolean {
  const panic = stderr.search(/^.*panicked at|\bRust backtrace|Stack backtrace/m);
  if (panic === -1) return false;
  assert.equal(stderr.slice(0, panic).trim(), "", stderr);
  return true;
}

serviceTest(
  "with too few files every command says so, and names the limit",
  { needs: ["binary", "kafka", "real-s3"] },
  async () => {
    const embedded = {};
    const services = {
      ...realS3Env(),
      AWS_S3_BUCKET: "no-such-bucket-here",
      KAFKA_BOOTSTRAP_SERVERS: kafka()!,
      KAFKA_TOPIC: "open-files-test",
    };
    let told = 0;
    for (const env of [embedded, services]) {
      for (const args of LINES) {
        for (const files of LIMITS) {
          const { code, stderr } = await runTicklake(args, { env, ...withFiles(files) });
          if (hasNotComeUp(stderr)) continue;
          const isTold = /too many open files/i.test(stderr);
          if (isTold) {
            assert.match(stderr, /fix: Raise the limit: .*ulimit -n.*LimitNOFILE/);
            assert.ok(code === 3 || code === 1, `${code}`);
            told++;
          }
          const line = `${args.join(" ")} with ${files} files\n${stderr}`;
          assert.ok(isTold || !/ECONNREFUSED|defect|cannot be opened/.test(stderr), line);
        }
      }
    }
    assert.ok(told > 0);
  },
);

for (const broker of ["the embedded log", "Kafka"]) {
  serviceTest(
    `a consumer of ${broker} with too few files for its thread says so, and loses nothing`,
    { needs: ["binary", "kafka"] },
    () =>
      withFolder(async (cwd) => {
        const env: Record<string, string> = broker !== "Kafka" ? {} : {
          KAFKA_BOOTSTRAP_SERVERS: kafka()!,
          KAFKA_TOPIC: uniqueName("open-files"),
          KAFKA_GROUP_ID: uniqueName("open-files"),
        };
        const place = { cwd, env, binary: true };
        const produced = await runTicklake(["produce", "-n", "10", "--rate", "max"], place);
        assert.equal(produced.code, 0, produced.stderr);
        let written = 0;
        let told = 0;
        for (const files of [20, 24, 28, undefined]) {
          const { code, stdout, stderr } = await runTicklake(["consume", "--until-end", "--json"], {
            ...place,
            ...files === undefined ? {} : withFiles(files),
          });
          if (hasNotComeUp(stderr)) continue;
          if (code === 0) written += JSON.parse(stdout).written;
          else assert.match(stderr, /fix: Raise the limit/, `${files}: ${stderr}`);
          if (/^error: a thread cannot be started: too many open files/m.test(stderr)) told++;
        }
        assert.ok(told > 0);
        assert.equal(written, 10);
      }),
  );
}
