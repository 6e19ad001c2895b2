import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** Where nothing catches an error. */
const CRASHES: Record<string, string> = {
  "in a timer": "setTimeout(() => { throw error; })",
  "in a promise": "setTimeout(() => void Promise.reject(error))",
  "of no Error": "setTimeout(() => void Promise.reject(`a text with hunter22`))",
};

for (const [where, crash] of Object.entries(CRASHES)) {
  Deno.test(`an error that nothing catches ${where} ends the process, without its secrets`, async () => {
    const script = `
      import { reportCrashes } from "${REPOSITORY}/mod/cli/crash.ts";
      import { OWN_SECRETS } from "${REPOSITORY}/mod/failure/secrets.ts";
      OWN_SECRETS.keep("hunter22");
      reportCrashes((error) => {
        console.error(OWN_SECRETS.redact("reported: " + (error?.stack ?? error)));
        return 7;
      });
      const error = new Error("refused for hunter22");
      ${crash};
      setTimeout(() => console.error("went on"), 2000);
    `;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", script],
      stderr: "piped",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 7, said);
    assert.match(said, /reported: .*\(secret\)/);
    assert.doesNotMatch(said, /hunter22|went on/);
  });
}
