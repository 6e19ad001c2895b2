import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseLine } from "../cli/parse_line.ts";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";
import { serviceTest } from "../services/services.ts";
import { REPOSITORY, runTool } from "../services/tools_folder.ts";

function read(path: string): string {
  return Deno.readTextFileSync(`${REPOSITORY}/${path}`);
}

const ENVIRONMENT = new Set(ALL_SETTINGS.flatMap(([, { env, fileEnv }]) => [env, fileEnv]));

/** Fails where a command line or a variable's name is none of the program's. */
function checkCommand(args: readonly string[], variables: readonly string[]): void {
  assert.ok("invocation" in parseLine([...args]), args.join(" "));
  for (const name of variables) assert.ok(ENVIRONMENT.has(name) || name.startsWith("AWS_"), name);
}

const dockerfile = read("deploy/container/Dockerfile");

Deno.test("the image builds with the pinned Deno, and runs as a user who is not root", () => {
  const [, pinned] = /^pinned=(.+)$/m.exec(read("dev"))!;
  assert.match(dockerfile, new RegExp(`^FROM denoland/deno:debian-${pinned} AS build$`, "m"));
  assert.match(dockerfile, /^FROM gcr\.io\/distroless\/\S+:nonroot$/m);
  const [, command] = /^CMD (\[.+\])$/m.exec(dockerfile)!;
  checkCommand(JSON.parse(command), ["TICKLAKE_HOME"]);
});

serviceTest(
  "the executable needs no library that the image's base does not have",
  { needs: ["binary"] },
  async () => {
    // Source: gcr.io/distroless/cc-debian12 has glibc and libgcc_s (its README, "What is in it").
    const base = /^(lib(dl|gcc_s|rt|pthread|m|c)\.so\.\d|ld-linux-[\w-]+\.so\.\d)$/;
    const text = await runTool("readelf", ["-d", Deno.env.get("TEST_BINARY")!]);
    const needed = [...text.matchAll(/NEEDED.*\[(.+)\]/g)].map(([, name]) => name);
    assert.ok(needed.length > 2);
    assert.deepEqual(needed.filter((name) => !base.test(name)), []);
  },
);

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  build?: { dockerfile: string };
}

Deno.test("compose runs commands and settings that the program has", () => {
  const { services } = parse(read("deploy/container/compose.yaml"), { merge: true }) as {
    services: Record<string, Service>;
  };
  const own = Object.values(services).filter(({ build }) => build !== undefined);
  assert.equal(own.length, 2);
  for (const { command, environment, build } of own) {
    assert.ok(read(build!.dockerfile) === dockerfile);
    checkCommand(command!, Object.keys(environment!));
  }
});

Deno.test("the ECS task runs a command and settings that the program has, and may finish a flush", () => {
  const { containerDefinitions: [container] } = JSON.parse(read("deploy/ecs/task-definition.json"));
  checkCommand(container.command, container.environment.map(({ name }: { name: string }) => name));
  assert.ok(container.stopTimeout >= 30);
});

interface Manifest {
  kind: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  spec?: { template: { spec: { containers: Array<{ args: string[] }> } } };
}

Deno.test("the Kubernetes manifests run commands and settings that the program has", () => {
  const manifests = read("deploy/kubernetes/ticklake.yaml").split("\n---\n")
    .map((text) => parse(text) as Manifest);
  assert.deepEqual(manifests.map(({ kind }) => kind), [
    "ServiceAccount",
    "ConfigMap",
    "Secret",
    "Deployment",
    "PodDisruptionBudget",
    "CronJob",
  ]);
  const variables = manifests.flatMap(({ data, stringData }) =>
    Object.keys({ ...data, ...stringData })
  );
  const [container] = manifests[3].spec!.template.spec.containers;
  checkCommand(container.args, variables);
});
