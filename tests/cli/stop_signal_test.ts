import assert from "node:assert/strict";
import { PERMISSIONS } from "../../scripts/compile.ts";
import { python, runTicklake, serviceTest, spawnTicklake } from "../services/services.ts";
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

/** The program from source, and compiled. */
const PROGRAMS = {
  source: () => [
    ...[Deno.execPath(), "run", "--quiet", `--config=${REPOSITORY}/deno.json`, ...PERMISSIONS],
    `${REPOSITORY}/main.ts`,
  ],
  binary: () => [Deno.env.get("TEST_BINARY")!],
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  serviceTest(
    `closing the terminal of consume writes and commits what it has read (${name})`,
    { needs: name === "binary" ? ["python", "binary"] : ["python"] },
    async () => {
      const cwd = await Deno.makeTempDir();
      const home = ["--home", `${cwd}/home`];
      const ticklake = async (...args: string[]) => {
        const { code, stdout, stderr } = await runTicklake([...args, ...home], { cwd });
        assert.equal(code, 0, stderr);
        return stdout;
      };
      await ticklake("produce", "-n", "100", "--rate", "max");
      // Nothing is due: what is in the lake then is there because of the signal.
      const code = await python(new URL("hang_up.py", import.meta.url), [
        ...["read 100 messages, wrote 0, .*", ...program(), "consume", "--flush-interval", "1h"],
        ...home,
      ]);
      assert.equal(code, "0\n");
      assert.match(await ticklake("verify", "--deep"), /^ok: 100 offsets expected, 100 found/);
      assert.match(await ticklake("status"), /: lag 0$/m);
      await Deno.remove(cwd, { recursive: true });
    },
  );
}

Deno.test("nohup keeps it alive when the terminal is closed", async () => {
  await using producing = spawnTicklake(["produce", "--rate", "50"], {
    wrapper: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
  });
  await producing.waitFor(/sampling/);
  producing.signal("SIGHUP");
  const late = new Promise((resolve) => setTimeout(resolve, 1500, "alive"));
  assert.equal(await Promise.race([producing.result, late]), "alive");
  assert.equal((await producing.stop()).code, 0);
});
