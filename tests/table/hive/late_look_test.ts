import assert from "node:assert/strict";
import { isLookDue } from "../../../mod/table/hive/late_look.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

Deno.test("each assignment looks for late objects in the first ten minutes, none does after seven days", () => {
  assert.ok(isLookDue({ since: 0, looked: [], now: 0 }));
  assert.ok(isLookDue({ since: 0, looked: [9 * MINUTE - 1], now: 9 * MINUTE }));
  assert.ok(isLookDue({ since: 0, looked: [], now: 6 * DAY }));
  assert.ok(!isLookDue({ since: 0, looked: [], now: 7 * DAY }));
});

Deno.test("with an assignment every minute for a week the table is listed about forty times", () => {
  const looked: number[] = [];
  for (let now = MINUTE; now < 8 * DAY; now += MINUTE) {
    if (isLookDue({ since: 0, looked, now })) looked.push(now);
  }
  assert.ok(looked.length > 30 && looked.length < 50, String(looked.length));
  assert.ok(looked.at(-1)! > 5 * DAY);
});

Deno.test("a look by a clock that is ahead does not count", () => {
  assert.ok(isLookDue({ since: 0, looked: [5 * DAY], now: DAY }));
});
