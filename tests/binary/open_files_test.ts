import assert from "node:assert/strict";
import { kafka, realS3Env, runTicklake, serviceTest } from "../services/services.ts";

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
          const wrapper = ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh"];
          const { code, stderr } = await runTicklake(args, { binary: true, env, wrapper });
          // Deno itself has not come up.
          if (/panicked at|\bRust backtrace|Stack backtrace/.test(stderr)) continue;
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
