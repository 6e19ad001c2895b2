import assert from "node:assert/strict";
import { addUp, failedTests, readSummary } from "./tally.ts";

Deno.test("the summary of deno test is read, colours and steps or not", () => {
  assert.deepEqual(readSummary("ok | 12 passed | 0 failed (3s)\n", true), {
    passed: 12,
    failed: 0,
    skipped: 0,
  });
  const coloured =
    "\n\x1b[0m\x1b[31mFAILED\x1b[0m | 1 passed (2 steps) | 3 failed (1 step) | 4 ignored (67ms)\n";
  assert.deepEqual(readSummary(coloured, false), { passed: 1, failed: 3, skipped: 4 });
});

Deno.test("what a test prints is not the summary", () => {
  const output = "ok | 99 passed | 0 failed\nok | 2 passed | 0 failed | 5 filtered out (1s)\n";
  assert.deepEqual(readSummary(output, true), { passed: 2, failed: 0, skipped: 0 });
});

Deno.test("a run that failed without a failed test counts as one", () => {
  assert.deepEqual(readSummary("error: Module not found\n", false).failed, 1);
  assert.deepEqual(readSummary("ok | 2 passed | 0 failed (1s)\n", false).failed, 1);
});

Deno.test("the tests that failed are named at the end of the output", () => {
  const output = "a => b\n\n ERRORS \n\nx => ./a_test.ts:1:2\n\n FAILURES \n\n" +
    "\x1b[0mx => ./a_test.ts:1:2\ny => ./a_test.ts:9:2\n\nFAILED | 0 passed | 2 failed (1s)\n";
  assert.deepEqual(failedTests(output), ["x => ./a_test.ts:1:2", "y => ./a_test.ts:9:2"]);
  assert.deepEqual(failedTests("ok | 12 passed | 0 failed (3s)\n"), []);
});

Deno.test("tallies add up", () => {
  const tally = { passed: 1, failed: 2, skipped: 3 };
  assert.deepEqual(addUp([tally, tally]), { passed: 2, failed: 4, skipped: 6 });
  assert.deepEqual(addUp([]), { passed: 0, failed: 0, skipped: 0 });
});
