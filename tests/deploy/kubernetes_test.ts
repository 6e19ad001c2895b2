import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { installOnce, REPOSITORY, runTool, TOOLS } from "../services/tools_folder.ts";

/** Has the schemas of Kubernetes inside, so nothing is fetched when it runs. */
const VALIDATOR = "kubernetes-validate==1.37.0";

/** Version of Kubernetes whose schemas the manifests must pass. */
const KUBERNETES = "1.33";

async function validate(file: string): Promise<string> {
  await installOnce("kubernetes-validate", VALIDATOR, async () => {
    await runTool("python3", ["-m", "venv", `${TOOLS}/kubernetes-validate`]);
    await runTool(`${TOOLS}/kubernetes-validate/bin/python`, [
      "-m",
      "pip",
      "install",
      "--quiet",
      VALIDATOR,
    ]);
  });
  return await runTool(`${TOOLS}/kubernetes-validate/bin/kubernetes-validate`, [
    "--strict",
    "-k",
    KUBERNETES,
    file,
  ]);
}

serviceTest(
  "the Kubernetes manifests pass the strict schemas, and one with a wrong field does not",
  { needs: ["python"] },
  async () => {
    const file = `${REPOSITORY}/deploy/kubernetes/ticklake.yaml`;
    await validate(file);
    const wrong = await Deno.makeTempFile({ suffix: ".yaml" });
    try {
      const text = await Deno.readTextFile(file);
      await Deno.writeTextFile(wrong, text.replace("  replicas: 2", "  replicants: 2"));
      await assert.rejects(validate(wrong), /replicants/);
    } finally {
      await Deno.remove(wrong);
    }
  },
);
