import assert from "node:assert/strict";
import { parse } from "yaml";
import { RELEASE_TARGETS } from "../../scripts/release_targets.ts";
import { installGoTool } from "../services/go_tool.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, string>;
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, {
    steps: Step[];
    permissions?: Record<string, string>;
    needs?: string | string[];
    strategy?: { matrix: { os?: string[] } };
  }>;
}

const FOLDER = `${REPOSITORY}/.github/workflows`;
const workflows = [...Deno.readDirSync(FOLDER)].map(({ name }) =>
  [name, Deno.readTextFileSync(`${FOLDER}/${name}`)] as const
);
const release = parse(Deno.readTextFileSync(`${FOLDER}/release.yml`)) as Workflow;

Deno.test("every action is pinned to a commit, with its version beside it", () => {
  for (const [name, text] of workflows) {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    assert.ok(uses.length > 0, name);
    for (const line of uses) {
      assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, `${name}: ${line}`);
    }
  }
});

Deno.test("actionlint finds nothing in the workflows", async () => {
  const program = await installGoTool("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12");
  // Neither shellcheck nor pyflakes, which one host has and another has not.
  const lint = (...files: string[]) =>
    new Deno.Command(program, { args: ["-shellcheck=", "-pyflakes=", ...files] }).output();
  const { success, stdout } = await lint(...workflows.map(([name]) => `${FOLDER}/${name}`));
  assert.ok(success, new TextDecoder().decode(stdout));
  const wrong = await Deno.makeTempFile({ suffix: ".yml" });
  const [, text] = workflows.find(([name]) => name === "release.yml")!;
  await Deno.writeTextFile(wrong, text.replace("needs: image", "needs: imgae"));
  assert.match(new TextDecoder().decode((await lint(wrong)).stdout), /needs job "imgae"/);
  await Deno.remove(wrong);
});

Deno.test("a workflow may only read, except for the jobs that publish", () => {
  for (const [name, text] of workflows) {
    const { permissions, jobs } = parse(text) as Workflow;
    assert.deepEqual(permissions, { contents: "read" }, name);
    const writing = Object.keys(jobs).filter((job) => jobs[job].permissions !== undefined);
    assert.deepEqual(writing, name === "release.yml" ? ["image", "index", "publish"] : [], name);
  }
});

Deno.test("what is expanded into a command is no text that others chose", () => {
  for (const [name, text] of workflows) {
    for (const [job, { steps }] of Object.entries((parse(text) as Workflow).jobs)) {
      for (const { run = "" } of steps) assert.doesNotMatch(run, /\$\{\{/, `${name}: ${job}`);
    }
  }
});

Deno.test("a release is compiled for each platform that the install script knows", () => {
  const script = release.jobs.build.steps.map(({ run = "" }) => run).join("\n");
  const compiled = [...script.matchAll(/--target=(\S+) --output=dist\/release\/ticklake-(\S+)/g)]
    .map(([, target, name]) => [name, target]);
  assert.deepEqual(Object.fromEntries(compiled), RELEASE_TARGETS);
});

Deno.test("a release passes CI first and is tried before it is published", () => {
  const { build, try: tried, publish } = release.jobs;
  assert.ok(build.steps.some(({ run }) => run === ".ci/run"));
  assert.ok(tried.steps.some(({ run = "" }) => run.includes("install.sh --from")));
  assert.equal(tried.needs, "build");
  assert.deepEqual(publish.needs, ["try", "index"]);
  const systems = tried.strategy!.matrix.os!.join(" ");
  for (const system of ["ubuntu-24.04-arm", "macos-15-intel", "windows"]) {
    assert.ok(systems.includes(system), system);
  }
  const commands = tried.steps.map(({ run = "" }) => run).join("\n");
  assert.match(commands, /ticklake-windows-x64\.exe demo/);
  assert.match(commands, /apt-get install .*\.deb/);
});

Deno.test("the image is built and run by CI, and by a release before it gets its tag", () => {
  const ci = parse(Deno.readTextFileSync(`${FOLDER}/ci.yml`)) as Workflow;
  const lines = ({ steps }: { steps: Step[] }) => steps.map(({ run = "" }) => run).join("\n");
  for (const job of [ci.jobs.image, release.jobs.image]) {
    assert.match(
      lines(job),
      /docker build [^]*--file deploy\/container\/Dockerfile --tag ticklake \./,
    );
    assert.match(lines(job), /docker run --rm ticklake demo/);
  }
  assert.doesNotMatch(lines(ci.jobs.image), /push|login/);
  const { image, index } = release.jobs;
  assert.equal(image.needs, "bases");
  assert.equal(release.jobs.bases.needs, "try");
  assert.equal(index.needs, "image");
  const [attested] = index.steps.filter(({ uses = "" }) =>
    uses.includes("attest-build-provenance")
  );
  assert.match(attested.with!["subject-digest"], /steps\.tag\.outputs\.digest/);
});

Deno.test("a release's image is built on images that are named by digest", async () => {
  const { bases, image } = release.jobs;
  const folder = await Deno.makeTempDir();
  // In the place of a registry's answers.
  const docker =
    `#!/bin/sh\necho "$4 $*" >> ${folder}/asked\nprintf '{"digest":"sha256:%064d"}' 7\n`;
  await Deno.writeTextFile(`${folder}/docker`, docker, { mode: 0o755 });
  const run = async (script: string, env: Record<string, string>) => {
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-e", "-o", "pipefail", "-c", script],
      cwd: REPOSITORY,
      env: { ...env, PATH: `${folder}:${Deno.env.get("PATH")}` },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  };
  const files = { GITHUB_OUTPUT: `${folder}/output`, GITHUB_STEP_SUMMARY: `${folder}/summary` };
  await run(bases.steps.find(({ run }) => run !== undefined)!.run!, files);
  const output = await Deno.readTextFile(`${folder}/output`);
  const digest = `@sha256:${"0".repeat(63)}7`;
  const [, images] = /^images=(.*)$/m.exec(output)!;
  assert.deepEqual(images.trim().split(" "), [
    `denoland/deno:debian-${pinnedDeno()}=docker-image://denoland/deno${digest}`,
    `gcr.io/distroless/cc-debian12:nonroot=docker-image://gcr.io/distroless/cc-debian12${digest}`,
  ]);
  await Deno.remove(`${folder}/asked`);
  await run(image.steps.find(({ run = "" }) => run.includes("docker build"))!.run!, {
    IMAGES: images,
  });
  const asked = await Deno.readTextFile(`${folder}/asked`);
  for (const named of images.trim().split(" ")) {
    assert.ok(asked.includes(`--build-context ${named}`), asked);
  }
  assert.match(asked, /base\.name=gcr\.io\/distroless\/cc-debian12@sha256/);
  await Deno.remove(folder, { recursive: true });
});

/** The version that ./dev installs. */
function pinnedDeno(): string {
  return /^pinned=(.*)$/m.exec(Deno.readTextFileSync(`${REPOSITORY}/dev`))![1];
}

Deno.test("a release checks the runtimes that it is made of before it is packed", () => {
  const runs = release.jobs.build.steps.map(({ run = "" }) => run);
  const check = runs.findIndex((run) => run.includes("./dev check-runtimes"));
  assert.ok(runs.findIndex((run) => run.includes("./dev compile")) < check);
  assert.ok(check < runs.findIndex((run) => run.includes("./dev pack-release")));
});

Deno.test("the tasks that workflows run are there", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`));
  for (const [, text] of workflows) {
    for (const [, task] of text.matchAll(/\.\/dev ([\w-]+)/g)) assert.ok(task in tasks, task);
  }
});

Deno.test("CI asks whether a dependency has a known weakness", () => {
  const { jobs } = parse(
    Deno.readTextFileSync(`${REPOSITORY}/.github/workflows/ci.yml`),
  ) as Workflow;
  const steps = Object.values(jobs).flatMap(({ steps }) => steps ?? []);
  assert.ok(steps.some(({ run }) => run === "./dev audit"));
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`));
  assert.match(tasks.audit, /^deno audit/);
});
