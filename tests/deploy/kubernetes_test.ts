import assert from "node:assert/strict";
import { parse } from "yaml";
import { SETTINGS } from "../../mod/config/settings.ts";
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
      await Deno.writeTextFile(wrong, text.replace("  replicas: 4", "  replicants: 4"));
      await assert.rejects(validate(wrong), /replicants/);
    } finally {
      await Deno.remove(wrong);
    }
  },
);

interface Probe {
  httpGet: { path: string; port: string };
}

interface Container {
  args: string[];
  ports: Array<{ name: string; containerPort: number }>;
  readinessProbe: Probe;
  livenessProbe: Probe;
  securityContext: Record<string, unknown>;
  volumeMounts: Array<{ mountPath: string }>;
}

interface Deployment {
  spec: {
    replicas: number;
    selector: { matchLabels: unknown };
    template: {
      metadata: { labels: unknown };
      spec: {
        terminationGracePeriodSeconds: number;
        securityContext: { runAsUser: number };
        containers: Container[];
      };
    };
  };
}

function manifest<T>(kind: string): T {
  return Deno.readTextFileSync(`${REPOSITORY}/deploy/kubernetes/ticklake.yaml`).split("\n---\n")
    .map((text) => parse(text)).find((manifest) => manifest.kind === kind) as T;
}

Deno.test("the Deployment has as many replicas as produce creates partitions, and says so", () => {
  const { replicas } = manifest<Deployment>("Deployment").spec;
  assert.equal(replicas, SETTINGS.partitions.default);
  const text = Deno.readTextFileSync(`${REPOSITORY}/deploy/kubernetes/ticklake.yaml`);
  assert.match(text, new RegExp(`creates the topic with ${replicas} \\(TICKLAKE_PARTITIONS\\)`));
});

Deno.test("its probes ask what the program serves, its pods may finish a flush, one is away at a time", () => {
  const { selector, template } = manifest<Deployment>("Deployment").spec;
  const { spec: { containers: [container], ...pod } } = template;
  assert.deepEqual(template.metadata.labels, selector.matchLabels);
  const [port] = container.ports;
  assert.ok(container.args.includes(`0.0.0.0:${port.containerPort}`));
  assert.deepEqual(container.readinessProbe.httpGet, { path: "/readyz", port: port.name });
  // Not /readyz: it would restart a pod that waits for S3.
  assert.deepEqual(container.livenessProbe.httpGet, { path: "/healthz", port: port.name });
  assert.ok(pod.terminationGracePeriodSeconds >= 30);
  const image = Deno.readTextFileSync(`${REPOSITORY}/deploy/container/Dockerfile`);
  assert.ok(image.includes(`--chown=${pod.securityContext.runAsUser}:`), "the image's user");
  assert.match(image, new RegExp(`TICKLAKE_HOME=${container.volumeMounts[0].mountPath}$`, "m"));
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  const budget = manifest<{ spec: { maxUnavailable: number; selector: unknown } }>(
    "PodDisruptionBudget",
  );
  assert.deepEqual(budget.spec, { maxUnavailable: 1, selector });
});
