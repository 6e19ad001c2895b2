import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { fixOf, textWithFix } from "../../mod/failure/fix_of.ts";

const DOCTOR = "`ticklake doctor` checks each setting and service.";

Deno.test("the fix of a service's failure names doctor once, other failures keep theirs", () => {
  assert.equal(fixOf(new Failure("service", "S3 is away")), DOCTOR);
  assert.equal(fixOf(new Failure("service", "away", { fix: "Start it." })), `Start it. ${DOCTOR}`);
  const named = "Try again; `ticklake doctor` looks for the cause.";
  assert.equal(fixOf(new Failure("service", "away", { fix: named })), named);
  assert.equal(fixOf(new Failure("usage", "wrong", { fix: "Correct it." })), "Correct it.");
  assert.equal(fixOf(new Failure("failed", "failed")), undefined);
  assert.equal(fixOf(new Error("a defect")), undefined);
});

Deno.test("an error is one text with its fix on a line of its own", () => {
  assert.equal(textWithFix(new Error("away")), "away");
  assert.equal(textWithFix(new Failure("service", "away")), `away\nfix: ${DOCTOR}`);
});
