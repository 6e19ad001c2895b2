import { sleep } from "../../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { openLog } from "../../../mod/ops/log/log.ts";
import type { RepeatLimiterOptions } from "../../../mod/ops/log/repeat_limiter.ts";
import { runTicklake } from "../../services/services.ts";

const logger = getLogger(["ticklake", "sink"]);

interface Case {
  format?: "text" | "json";
  level?: "debug" | "info" | "warning" | "error";
  terminal?: boolean;
  repeats?: RepeatLimiterOptions;
}

/** Lines that the log writes while `body` runs, and when it is closed. */
async function linesOf(test: Case, body: () => void | Promise<void>): Promise<string[]> {
  const { format = "text", level = "info", terminal = false, repeats } = test;
  const lines: string[] = [];
  const close = openLog({
    settings: { logFormat: format, logLevel: level },
    output: { log: (line) => lines.push(line), interactive: terminal },
    repeats,
  });
  try {
    await body();
  } finally {
    close();
  }
  return lines;
}

Deno.test("a text line has time, level, part, message and the fields that the message leaves out", async () => {
  const [line] = await linesOf({}, () => {
    logger.info("flushed partition {partition}", { partition: 3, rows: 100, reason: "a b" });
  });
  assert.match(
    line,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info sink: flushed partition 3 rows=100 reason="a b"$/,
  );
});

Deno.test("a terminal gets the time of day only", async () => {
  const [line] = await linesOf({ terminal: true }, () => logger.warn("slow"));
  assert.match(line, /^\d\d:\d\d:\d\d\.\d+ warning sink: slow$/);
});

Deno.test("a JSON line is an object with the fields beside the message", async () => {
  const [line] = await linesOf({ format: "json" }, () => {
    logger.error("put failed: {error}", { error: new Error("no\nroute"), partition: 0 });
  });
  const { "@timestamp": time, ...rest } = JSON.parse(line);
  assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(rest, {
    level: "ERROR",
    logger: "ticklake.sink",
    message: "put failed: no\nroute",
    error: "no\nroute",
    partition: 0,
  });
});

Deno.test("an event is one line, whatever text it carries", async () => {
  for (const format of ["text", "json"] as const) {
    const lines = await linesOf({ format }, () => {
      logger.info("got {text}", { text: "a\r\nb\nc\x1b[2J", more: "x\ny" });
    });
    assert.equal(lines.length, 1);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(lines[0], /[\x00-\x1f]/, format);
  }
});

Deno.test("--log-level leaves out what is less important", async () => {
  const lines = await linesOf({ level: "warning" }, () => {
    logger.debug("one");
    logger.info("two");
    logger.warn("three");
    logger.error("four");
  });
  assert.deepEqual(lines.map((line) => line.split(": ")[1]), ["three", "four"]);
});

Deno.test("a loop that fails does not flood: repeats are counted and reported at the end", async () => {
  const lines = await linesOf({ format: "json", repeats: { burst: 3 } }, () => {
    for (let i = 0; i < 1000; i++) logger.warn("put failed, try {i}", { i });
    logger.warn("something else");
  });
  const shown = lines.map((line) => JSON.parse(line)).map((
    { message, repeated },
  ) => [message, repeated]);
  assert.deepEqual(shown, [
    ["put failed, try 0", undefined],
    ["put failed, try 1", undefined],
    ["put failed, try 2", undefined],
    ["something else", undefined],
    ["put failed, try 999", 997],
  ]);
});

Deno.test("repeats are reported at each window's end, and after a quiet one all is shown again", async () => {
  const lines = await linesOf(
    { format: "json", repeats: { burst: 1, windowMs: 100, longestWindowMs: 100 } },
    async () => {
      for (let i = 0; i < 5; i++) logger.warn("lost {i}", { i });
      await sleep(150);
      for (let i = 5; i < 8; i++) logger.warn("lost {i}", { i });
      await sleep(350);
      logger.warn("lost {i}", { i: 8 });
    },
  );
  const shown = lines.map((line) => JSON.parse(line)).map(({ i, repeated }) => [i, repeated]);
  assert.deepEqual(shown, [[0, undefined], [4, 4], [7, 3], [8, undefined]]);
});

Deno.test("what the log was not opened for stays silent", async () => {
  const lines = await linesOf({}, () => {
    getLogger(["another-program"]).error("not ours");
    getLogger(["logtape", "meta"]).info("about the log itself");
  });
  assert.deepEqual(lines, []);
});

Deno.test("a closed log writes nothing", async () => {
  const lines = await linesOf({}, () => logger.info("open"));
  logger.error("closed");
  assert.equal(lines.length, 1);
});

Deno.test("with --log-format json every line of standard error is an event, the error and its fix too", async () => {
  const { code, stderr } = await runTicklake(["consume", "--log-format", "json"], {
    env: { KAFKA_TOPIC: "nowhere", TICKLAKE_FORMATS: "parquet" },
  });
  assert.equal(code, 3);
  const events = stderr.trimEnd().split("\n").map((line) => {
    const { "@timestamp": time, ...event } = JSON.parse(line);
    assert.equal(new Date(time).toISOString(), time);
    return event;
  });
  assert.deepEqual(events.map(({ level, logger }) => [level, logger]), [
    ["WARN", "ticklake"],
    ["INFO", "ticklake"],
    ["ERROR", "ticklake"],
  ]);
  const [warning, note, error] = events;
  assert.match(warning.message, /^TICKLAKE_FORMATS in the environment is not a setting/);
  assert.match(note.message, /^consuming topic nowhere on the embedded log/);
  assert.match(error.message, /^topic nowhere does not exist/);
  assert.match(error.fix, /--topic/);
});
