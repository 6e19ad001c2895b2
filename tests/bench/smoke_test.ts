import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** The benchmark measures and does not judge: here it is only whether it measures at all. */
serviceTest("a short benchmark runs beside its peers and prints a table of figures above zero", {
  needs: ["kafka", "real-s3", "binary", "python"],
}, async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "bench/run.ts",
      "--smoke",
      "consume",
      "produce",
      "start",
      "bytes",
    ],
    cwd: REPOSITORY,
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const rows = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("| "));
  const figures = rows.slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  assert.equal(figures.length, 26);
  for (const [, line, who, median, , , cpu, peak] of figures) {
    assert.ok(parseFloat(median) > 0, `${line}, ${who}: ${median}`);
    if (line === "start" || line.startsWith("bytes")) continue;
    assert.ok(parseFloat(cpu) > 0, `${line}, ${who}: ${cpu} CPU s`);
    assert.ok(parseFloat(peak) > 5, `${line}, ${who}: ${peak} MiB`);
  }
});
