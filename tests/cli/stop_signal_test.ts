import assert from "node:assert/strict";
import { spawnTicklake } from "../services/services.ts";

const SAMPLING = ["produce", "--rate", "50"];

Deno.test("SIGHUP stops it cleanly", async () => {
  await using producing = spawnTicklake(SAMPLING);
  await producing.waitFor(/sampling/);
  const { code, stdout, stderr } = await producing.stop("SIGHUP");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^sent \d+/);
});

Deno.test("nohup keeps it alive when the terminal is closed", async () => {
  await using producing = spawnTicklake(SAMPLING, {
    wrapper: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
  });
  await producing.waitFor(/sampling/);
  producing.signal("SIGHUP");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { code, signal } = await producing.stop();
  assert.deepEqual([code, signal], [0, null]);
});
