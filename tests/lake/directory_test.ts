import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { smallDiskTest } from "../small_disk.ts";
import { listed, randomBytes, storeContract, text } from "./store_contract.ts";

const root = Deno.makeTempDirSync({ prefix: "ticklake-directory-" });
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

storeContract("directory", (path) => openDirectoryLake(`${root}/lakes/${path}`));

storeContract(
  "directory that folds case",
  (path) => openDirectoryLake(`${root}/folding/${path}`, { foldsCase: true }),
);

/** A name as ours, of a file that a writer has not finished. */
const OLD = "0b7a2f9e-4c1d-4f7e-9a3b-5d6c7e8f9a0b";

function refused(path: string, says: string, fix: string, kind = "service") {
  return (error: unknown) => {
    assert.ok(error instanceof Failure, `${error}`);
    assert.equal(error.kind, kind);
    for (const part of [path, says]) assert.ok(error.message.includes(part), error.message);
    assert.ok(error.fix?.includes(fix), error.fix);
    return true;
  };
}

/** All files below a directory, hidden ones too. */
function filesBelow(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${path}/${name}`) : [`${path}/${name}`]
  );
}

Deno.test("an object is a plain file of its name, and nothing else stays", async () => {
  const path = `${root}/plain`;
  const lake = openDirectoryLake(path);
  await lake.put("t/dt=2026-11-24/a.parquet", text("bytes"));
  assert.deepEqual(filesBelow(path), [`${path}/t/dt=2026-11-24/a.parquet`]);
  assert.equal(await Deno.readTextFile(`${path}/t/dt=2026-11-24/a.parquet`), "bytes");
});

Deno.test("values that differ in their case alone are told apart where the file system does not", async () => {
  const path = `${root}/case`;
  const open = () => openDirectoryLake(path, { foldsCase: true });
  const lake = open();
  const names = ["AA", "aa", "Aa", "aA", "50%25", "É"].map((value) =>
    `t/index=${value}/q-0.parquet`
  );
  for (const name of names) await lake.put(name, text(name));
  const folders = [...Deno.readDirSync(`${path}/t`)].map(({ name }) => name.toLowerCase());
  assert.equal(new Set(folders).size, folders.length, folders.join(" "));
  // Hive's escapes, which every engine reads.
  assert.deepEqual(folders.map((folder) => decodeURIComponent(folder)).includes("index=aa"), true);
  for (const again of [lake, open()]) {
    assert.deepEqual(
      await listed(again, "t/"),
      names.map((name) => `${name} ${text(name).length}`).sort(),
    );
    for (const name of names) assert.deepEqual(await again.get(name), text(name), name);
    assert.deepEqual(await listed(again, "t/index=AA/"), ["t/index=AA/q-0.parquet 22"]);
  }
  await open().remove(names[0]);
  assert.deepEqual(await lake.get(names[1]), text(names[1]));
});

Deno.test("a folder that an earlier release has made with its capitals is kept", async () => {
  const path = `${root}/kept`;
  await openDirectoryLake(path, { foldsCase: false }).put("t/index=AA/q-0", text("old"));
  const lake = openDirectoryLake(path, { foldsCase: true });
  await lake.put("t/index=AA/q-0", text("again"));
  await lake.put("t/index=AA/q-1", text("new"));
  await lake.put("t/index=aa/q-0", text("other"));
  const names = ["t/index=AA/q-0 5", "t/index=AA/q-1 3", "t/index=aa/q-0 5"];
  assert.deepEqual(await listed(lake, ""), names);
  assert.deepEqual(
    [...Deno.readDirSync(`${path}/t`)].map(({ name }) => name).sort(),
    ["index=%61%61", "index=AA"],
  );
  // On another file system the same lake has the same objects.
  const elsewhere = openDirectoryLake(path, { foldsCase: false });
  assert.deepEqual(await listed(elsewhere, ""), names);
  assert.deepEqual(await elsewhere.get("t/index=aa/q-0"), text("other"));
});

Deno.test("a writer that is killed leaves whole objects only, and what it left is hidden", async () => {
  const path = `${root}/killed`;
  for (let round = 0; round < 10; round++) {
    const writer = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        new URL("directory_writer.ts", import.meta.url).pathname,
        path,
        "t/a",
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = writer.stdout.getReader();
    await reader.read();
    await sleep(Math.random() * 20);
    writer.kill("SIGKILL");
    await writer.status;
    await reader.cancel();
    const bytes = await openDirectoryLake(path).get("t/a");
    assert.ok(bytes.length >= 500_000);
    assert.equal(bytes[0], (bytes.length - 500_000) % 256);
    assert.ok(bytes.every((byte) => byte === bytes[0]));
    assert.deepEqual(await listed(openDirectoryLake(path), ""), [`t/a ${bytes.length}`]);
  }
});

Deno.test("what killed writers left is removed once it is old", async () => {
  const path = `${root}/swept`;
  await openDirectoryLake(path).put("a", text("a"));
  await Deno.writeFile(`${path}/.writing/${OLD}`, randomBytes(10));
  await Deno.utime(
    `${path}/.writing/${OLD}`,
    new Date(Date.now() - 7.2e6),
    new Date(Date.now() - 7.2e6),
  );
  await Deno.writeFile(`${path}/.writing/young`, randomBytes(10));
  await openDirectoryLake(path).put("b", text("b"));
  assert.deepEqual(filesBelow(`${path}/.writing`), [`${path}/.writing/young`]);
});

Deno.test("a lake that was removed while it is open is made again", async () => {
  const path = `${root}/removed`;
  const lake = openDirectoryLake(path);
  await lake.put("t/a", text("a"));
  await Deno.remove(path, { recursive: true });
  assert.deepEqual(await listed(lake, ""), []);
  await lake.put("t/b", text("b"));
  assert.deepEqual(await listed(lake, ""), ["t/b 1"]);
});

Deno.test("a file in the place of a folder is a failure that names it", async () => {
  const path = `${root}/file`;
  await Deno.writeTextFile(path, "in the way");
  const lake = openDirectoryLake(path);
  await assert.rejects(
    lake.put("t/a", text("a")),
    refused(path, "is a file", "Move that file", "failed"),
  );
  await assert.rejects(lake.check(), refused(path, "is a file", "Move that file", "failed"));
  assert.equal(await Deno.readTextFile(path), "in the way");
});

Deno.test("a name that is too long for the file system is a failure that names it", async () => {
  const lake = openDirectoryLake(`${root}/long`);
  await assert.rejects(lake.put("x".repeat(300), text("a")), (error) => {
    assert.ok(error instanceof Failure);
    // A retry does not help.
    assert.equal(error.kind, "failed");
    assert.match(error.message, /^cannot write .*x{20}.*: the name is too long$/);
    assert.match(error.fix!, /shorter/);
    return true;
  });
});

smallDiskTest("a full disk refuses and harms nothing that is stored", 2 ** 20, async (disk) => {
  const path = `${disk.path}/lake`;
  const lake = openDirectoryLake(path);
  await lake.check();
  const small = randomBytes(300_000);
  await lake.put("t/a", small);
  const full = refused(path, "disk is full", "Free space");
  await assert.rejects(lake.put("t/a", randomBytes(900_000)), full);
  await assert.rejects(lake.put("t/b", randomBytes(900_000)), full);
  assert.deepEqual(await lake.get("t/a"), small);
  assert.deepEqual(await listed(lake, ""), ["t/a 300000"]);
  assert.deepEqual(filesBelow(path), [`${path}/t/a`]);
  disk.resize(4 * 2 ** 20);
  await lake.put("t/b", randomBytes(900_000));
  assert.deepEqual(await listed(lake, ""), ["t/a 300000", "t/b 900000"]);
});

smallDiskTest("a read-only file system can be read, and refuses writing", 2 ** 20, async (disk) => {
  const path = `${disk.path}/lake`;
  await openDirectoryLake(path).put("t/a", text("a"));
  disk.setReadOnly(true);
  const lake = openDirectoryLake(path);
  const readOnly = refused(path, "read-only", "writable");
  await assert.rejects(lake.check(), readOnly);
  await assert.rejects(lake.put("t/b", text("b")), readOnly);
  await assert.rejects(lake.remove("t/a"), readOnly);
  assert.deepEqual(await lake.get("t/a"), text("a"));
  assert.deepEqual(await listed(lake, ""), ["t/a 1"]);
});

Deno.test("what is neither a file nor a directory is not listed, and no pipe is waited for", async () => {
  const path = `${root}/kinds`;
  const lake = openDirectoryLake(path);
  await lake.put("t/a", text("a"));
  await Deno.symlink("/etc/hostname", `${path}/t/link`);
  await Deno.symlink("/etc", `${path}/t/folder`);
  await new Deno.Command("mkfifo", { args: [`${path}/t/pipe`] }).output();
  assert.deepEqual(await listed(lake, ""), ["t/a 1"]);
  for (const [name, found] of [["link", "a link"], ["pipe", "a device or pipe"]]) {
    await assert.rejects(lake.get(`t/${name}`), (error) => {
      assert.ok(error instanceof Failure);
      assert.ok(error.message.includes(`found ${found}`), error.message);
      return true;
    });
  }
  await assert.rejects(lake.put("t/folder/x", text("x")), /found a link/);
  await assert.rejects(lake.get("t/folder/hostname"), /found a link/);
  await lake.put("t/link", text("ours now"));
  assert.deepEqual(await listed(lake, ""), ["t/a 1", "t/link 8"]);
});

Deno.test("old files in the writers' folder that are not named as ours stay", async () => {
  const path = `${root}/foreign`;
  await openDirectoryLake(path).put("a", text("a"));
  const old = new Date(Date.now() - 7.2e6);
  await Deno.writeFile(`${path}/.writing/notes.txt`, randomBytes(10));
  await Deno.utime(`${path}/.writing/notes.txt`, old, old);
  await openDirectoryLake(path).put("b", text("b"));
  assert.deepEqual(filesBelow(`${path}/.writing`), [`${path}/.writing/notes.txt`]);
});
