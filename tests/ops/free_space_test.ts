import assert from "node:assert/strict";
import { spaceFinding } from "../../mod/ops/doctor/embedded_findings.ts";

Deno.test("free space is ok, little, or none to speak of", () => {
  const statusOf = (bytes: number) => {
    const { status, detail } = spaceFinding("/home", bytes);
    return `${status}: ${detail}`;
  };
  assert.equal(statusOf(5.5 * 2 ** 30), "ok: 5GiB free at /home");
  assert.equal(statusOf(200.5 * 2 ** 20), "warning: 200MiB free at /home");
  assert.equal(statusOf(3 * 2 ** 20), "failed: 3MiB free at /home");
  assert.match(statusOf(100), /^failed: 0 ?free at \/home$/);
  assert.match(spaceFinding("/home", 0).fix!, /--home/);
});
