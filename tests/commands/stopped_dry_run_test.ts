import assert from "node:assert/strict";
import { spawnTicklake } from "../services/services.ts";

const COMMANDS = [
  ["repair"],
  ["reset", "--to", "earliest"],
  ["dead-letters", "replay"],
];

for (const command of COMMANDS) {
  for (const dryRun of [true, false]) {
    const args = dryRun ? [...command, "--dry-run"] : command;
    Deno.test(`SIGINT during ${args.join(" ")} says whether there is anything to complete`, async () => {
      const cwd = await Deno.makeTempDir();
      // A broker that accepts connections and never answers: the command waits until it is stopped.
      const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      try {
        const { port } = silent.addr as Deno.NetAddr;
        const env = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}` };
        await using program = spawnTicklake(args, { cwd, env });
        using _connection = await silent.accept();
        const { code, stderr } = await program.stop("SIGINT");
        assert.equal(code, 1, stderr);
        const expected = dryRun
          ? /stopped: the dry run is not complete; nothing was changed\n/
          : /stopped: repeat the command to complete the re(pair|set|play)\n/;
        assert.match(stderr, expected);
      } finally {
        silent.close();
        await Deno.remove(cwd, { recursive: true });
      }
    });
  }
}
