import assert from "node:assert/strict";
import { checkSchedule } from "../../../mod/catalog/glue/schedule.ts";
import { Failure } from "../../../mod/failure/failure.ts";

Deno.test("schedules that Glue takes are passed on", () => {
  const good = [
    "cron(15 12 * * ? *)",
    "cron(0 10 * * ? *)",
    "cron(15 12 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * mon-fri *)",
    "cron(0 18 L * ? *)",
    "cron(0 18 3W * ? *)",
    "cron(0 18 LW JAN,JUL ? 2026-2030)",
    "cron(0 18 ? * 6#3 *)",
    "cron(0 18 ? * 6L *)",
    "cron(0,30 0-12/2 ? * 1 *)",
  ];
  for (const schedule of good) assert.equal(checkSchedule(schedule), schedule);
  assert.equal(checkSchedule("  cron( 15   6 * * ? * ) "), "cron(15 6 * * ? *)");
  assert.equal(checkSchedule("none"), "");
});

Deno.test("schedules that Glue would refuse are refused with the field and what was expected", () => {
  const cases: Array<[string, RegExp]> = [
    ["", /expected cron\(\.\.\.\) with six fields/],
    ["every day", /expected cron\(\.\.\.\) with six fields, found 2 fields/],
    ["cron(15 6 * * ?)", /found a crontab's five/],
    ["15 6 * * ? *", /expected cron/],
    ["rate(1 day)", /expected cron/],
    ["cron(60 6 * * ? *)", /minutes: expected 0-59, found "60"/],
    ["cron(15 24 * * ? *)", /hours: expected 0-23, found "24"/],
    ["cron(15 6 0 * ? *)", /day of month: expected 1-31, found "0"/],
    ["cron(15 6 ? 13 * *)", /month: expected 1-12 or JAN-DEC, found "13"/],
    ["cron(15 6 ? * 0 *)", /day of week: expected 1-7 or SUN-SAT, found "0"/],
    ["cron(15 6 ? * MUN *)", /day of week: .* found "MUN"/],
    ["cron(15 6 ? * FRI-MON *)", /day of week: .* found "FRI-MON"/],
    ["cron(15 6 * * ? 1969)", /year: expected 1970-2199, found "1969"/],
    ["cron(15 6 * * * *)", /one of day of month and day of week must be \?, found \* and \*/],
    ["cron(15 6 ? * ? *)", /must be \?, found \? and \?/],
    ["cron(? 6 * * ? *)", /minutes/],
    ["cron(15/0 6 * * ? *)", /minutes/],
    ["cron(15, 6 * * ? *)", /minutes: .* found ""/],
    ["cron(1-2-3 6 * * ? *)", /minutes/],
    ["cron(* * * * ? *)", /at most every 5 minutes/],
    ["cron(0/4 * * * ? *)", /at most every 5 minutes/],
    ["cron(0,58 * * * ? *)", /at most every 5 minutes/],
    ["cron(10-12 * * * ? *)", /at most every 5 minutes/],
  ];
  for (const [schedule, message] of cases) {
    assert.throws(() => checkSchedule(schedule), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      assert.ok(error.fix!.includes("cron("));
      return true;
    }, schedule);
  }
});

Deno.test("a crontab's line is answered with Glue's form of it, which is right itself", () => {
  for (const line of ["0 6 * * *", "30 2 1 * *", "0 6 * * 2-6", "cron(5 4 * * MON)"]) {
    assert.throws(() => checkSchedule(line), (error) => {
      const suggestion = /Perhaps (cron\([^)]*\))/.exec((error as Failure).fix!)![1];
      assert.equal(checkSchedule(suggestion), suggestion);
      return true;
    });
  }
});
