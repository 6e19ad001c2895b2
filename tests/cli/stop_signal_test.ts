import assert from "node:assert/strict";
import { PERMISSIONS } from "../../scripts/compile.ts";
import { python, serviceTest, spawnTicklake } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

serviceTest("closing the terminal stops it cleanly", { needs: ["python"] }, async () => {
  const home = await Deno.makeTempDir();
  const code = await python(new URL("hang_up.py", import.meta.url), [
    ...["sampling", Deno.execPath(), "run", "--quiet", `--config=${REPOSITORY}/deno.json`],
    ...[...PERMISSIONS, `${REPOSITORY}/main.ts`, "produce", "--rate", "50", "--home", home],
  ]);
  await Deno.remove(home, { recursive: true });
  assert.equal(code, "0\n");
});

Deno.test("nohup keeps it alive when the terminal is closed", async () => {
  await using producing = spawnTicklake(["produce", "--rate", "50"], {
    wrapper: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
  });
  await producing.waitFor(/sampling/);
  producing.signal("SIGHUP");
  const late = new Promise((resolve) => setTimeout(resolve, 300, "alive"));
  assert.equal(await Promise.race([producing.result, late]), "alive");
  assert.equal((await producing.stop()).code, 0);
});
