import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { AbsentObject } from "../../mod/lake/absent_object.ts";
import type { LakeStore } from "../../mod/lake/store.ts";

/** What an adapter's own tests add to the contract. */
export interface StoreContractOptions {
  /** Registers a test; for those that need a service. @default {Deno.test} */
  test?(name: string, run: () => Promise<void>): void;
  /** How many may create one object at once: moto looks whether it is there, and then puts it. @default {8} */
  creators?: number;
}

/** Objects that `list` must page through: S3 gives 1,000 at once. */
const MANY = 1100;

/**
 * Registers the tests of what store.ts promises, for one adapter.
 * @param open opens the lake below a path of the storage, which the test chooses
 */
export function storeContract(
  name: string,
  open: (path: string) => LakeStore,
  options: StoreContractOptions = {},
): void {
  const register = options.test ?? Deno.test;
  const test = (promise: string, run: (store: LakeStore, path: string) => Promise<void>) =>
    register(`${name}: ${promise}`, async () => {
      const path = crypto.randomUUID();
      const store = open(path);
      try {
        await run(store, path);
      } finally {
        store.close();
      }
    });

  test("an object comes back byte for byte", async (store) => {
    for (const size of [0, 1, 70_000, 5 * 2 ** 20]) {
      const bytes = randomBytes(size);
      await store.put(`table/${size}.bin`, bytes);
      assert.deepEqual(await store.get(`table/${size}.bin`), bytes);
    }
  });

  test("a view of a larger buffer is stored as that view", async (store) => {
    const bytes = randomBytes(1000);
    await store.put("view", bytes.subarray(100, 200));
    assert.deepEqual(await store.get("view"), bytes.slice(100, 200));
  });

  test("the same name again replaces the object", async (store) => {
    await store.put("a/b", text("first, and longer"));
    await store.put("a/b", text("second"));
    assert.deepEqual(await store.get("a/b"), text("second"));
    assert.deepEqual(await listed(store, ""), ["a/b 6"]);
  });

  test("of many that create one object at once, one succeeds", async (store) => {
    const tries = Array.from(
      { length: options.creators ?? 8 },
      (_, i) => store.create("new/object", text(`try ${i}`)),
    );
    const created = await Promise.all(tries);
    assert.equal(created.filter((is) => is).length, 1);
    assert.deepEqual(await store.get("new/object"), text(`try ${created.indexOf(true)}`));
    assert.equal(await store.create("new/object", text("later")), false);
    assert.deepEqual(await listed(store, "new/"), ["new/object 5"]);
  });

  test("a range is the bytes from start to before end", async (store) => {
    await store.put("range", text("0123456789"));
    const get = async (start: number, end: number) =>
      new TextDecoder().decode(await store.get("range", { range: { start, end } }));
    assert.equal(await get(0, 3), "012");
    assert.equal(await get(7, 10), "789");
    assert.equal(await get(8, 100), "89");
    assert.equal(await get(5, 5), "");
    assert.equal(await get(10, 20), "");
  });

  test("an object that does not exist is a failure that names it", async (store) => {
    const noSuch = (error: unknown) =>
      error instanceof AbsentObject && error.kind === "failed" && error.message.includes("no/such");
    await assert.rejects(store.get("no/such"), noSuch);
    await assert.rejects(store.get("no/such", { range: { start: 0, end: 5 } }), noSuch);
  });

  test("a list has every object whose name begins with the prefix", async (store) => {
    const names = ["t/dt=1/a", "t/dt=1/b", "t/dt=10/a", "t2/dt=1/a", "top"];
    for (const [i, name] of names.entries()) await store.put(name, new Uint8Array(i));
    assert.deepEqual(await listed(store, ""), names.map((name, i) => `${name} ${i}`));
    assert.deepEqual(await listed(store, "t/"), ["t/dt=1/a 0", "t/dt=1/b 1", "t/dt=10/a 2"]);
    assert.deepEqual(await listed(store, "t/dt=1/"), ["t/dt=1/a 0", "t/dt=1/b 1"]);
    assert.deepEqual(await listed(store, "t/dt=1"), ["t/dt=1/a 0", "t/dt=1/b 1", "t/dt=10/a 2"]);
    assert.deepEqual(await listed(store, "t2/dt=1/a"), ["t2/dt=1/a 3"]);
    assert.deepEqual(await listed(store, "to"), ["top 4"]);
    assert.deepEqual(await listed(store, "top/"), []);
    assert.deepEqual(await listed(store, "unknown/"), []);
  });

  test("an empty lake lists nothing", async (store) => {
    assert.deepEqual(await listed(store, ""), []);
  });

  test(`${MANY} objects are listed, each once`, async (store) => {
    const names = Array.from({ length: MANY }, (_, i) => `t/${String(i).padStart(5, "0")}`);
    const left = [...names];
    const putRest = async () => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        await store.put(name, new Uint8Array(1));
      }
    };
    await Promise.all(Array.from({ length: 8 }, putRest));
    assert.deepEqual(await listed(store, "t/"), names.map((name) => `${name} 1`));
  });

  test("names keep their characters", async (store) => {
    const names = [
      "t/index=%5ENYA/year=2026/a-0-0000000000000000-0000000000000009.parquet",
      "t/with space+plus&and'quote(1)!~*,;@$",
      "t/été €/😀",
      "t/percent%20encoded",
      "t/.hidden",
    ];
    for (const name of names) await store.put(name, text(name));
    for (const name of names) assert.deepEqual(await store.get(name), text(name));
    assert.deepEqual(
      await listed(store, "t/"),
      names.map((name) => `${name} ${text(name).length}`).sort(),
    );
    for (const name of names) await store.remove(name);
    assert.deepEqual(await listed(store, ""), []);
  });

  test("an object's version changes with its bytes, and only then", async (store) => {
    const version = async () => (await Array.fromAsync(store.list("")))[0].version;
    await store.put("a", text("one"));
    const first = await version();
    assert.notEqual(first, "");
    assert.equal(await version(), first);
    await store.put("a", text("two"));
    assert.notEqual(await version(), first);
  });

  test("removing removes, and what is missing is no error", async (store) => {
    await store.put("a", text("a"));
    await store.put("b", text("b"));
    await store.remove("a");
    await store.remove("a");
    await store.remove("no/such/folder");
    assert.deepEqual(await listed(store, ""), ["b 1"]);
  });

  test("a call whose signal has aborted ends with its reason and changes nothing", async (store) => {
    await store.put("t/a", text("a"));
    const reason = new Error("not wanted any more");
    const options = { signal: AbortSignal.abort(reason) };
    const calls: Record<string, () => Promise<unknown>> = {
      put: () => store.put("t/b", text("b"), options),
      create: () => store.create("t/b", text("b"), options),
      get: () => store.get("t/a", options),
      list: () => Array.fromAsync(store.list("", options)),
      remove: () => store.remove("t/a", options),
      check: () => store.check(options),
    };
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(call(), (error) => error === reason, name);
    }
    assert.deepEqual(await listed(store, ""), ["t/a 1"]);
  });

  test("a name that would leave the lake is refused", async (store) => {
    const names = [
      "",
      "/etc/passwd",
      "../up",
      "a/../../up",
      "a/./b",
      "a//b",
      "a/",
      ".",
      "..",
      "a\\b",
    ];
    const refused = (error: unknown) => error instanceof Failure && error.kind === "failed";
    for (const name of names) {
      await assert.rejects(store.put(name, new Uint8Array(1)), refused, name);
      await assert.rejects(store.get(name), refused, name);
      await assert.rejects(store.remove(name), refused, name);
    }
    await assert.rejects(listed(store, "../"), refused);
    assert.deepEqual(await listed(store, ""), []);
  });

  test("lakes side by side do not see each other", async (store, path) => {
    const other = open(`${path}-2`);
    await store.put("a", text("mine"));
    await other.put("a", text("other"));
    assert.deepEqual(await store.get("a"), text("mine"));
    assert.deepEqual(await listed(store, ""), ["a 4"]);
    assert.deepEqual(await listed(other, ""), ["a 5"]);
    other.close();
  });

  test("puts of one name at once leave one of them, whole", async (store) => {
    const bodies = Array.from({ length: 8 }, () => randomBytes(200_000));
    await Promise.all(bodies.map((body) => store.put("t/same", body)));
    const found = await store.get("t/same");
    assert.ok(bodies.some((body) => body.every((byte, i) => byte === found[i])));
    assert.deepEqual(await listed(store, ""), ["t/same 200000"]);
  });

  test("an aborted call throws the signal's reason and stores nothing", async (store) => {
    await store.put("before", text("before"));
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown) => error === reason;
    await assert.rejects(store.put("late", text("late"), { signal }), isReason);
    await assert.rejects(store.get("before", { signal }), isReason);
    await assert.rejects(Array.fromAsync(store.list("", { signal })), isReason);
    assert.deepEqual(await listed(store, ""), ["before 6"]);
  });

  test("aborting in the middle of a put leaves the old object or the new one", async (store) => {
    await store.put("t/a", text("old"));
    const controller = new AbortController();
    const put = store.put("t/a", randomBytes(5 * 2 ** 20), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 1);
    await put.catch((error) => assert.equal(error, controller.signal.reason));
    assert.ok([3, 5 * 2 ** 20].includes((await store.get("t/a")).length));
  });

  test("the check passes and leaves no object", async (store) => {
    await store.check();
    await store.check();
    assert.deepEqual(await listed(store, ""), []);
    await store.put("a", text("a"));
    await store.check();
    assert.deepEqual(await listed(store, ""), ["a 1"]);
  });
}

/** Names and sizes of the objects with a prefix, sorted. */
export async function listed(store: LakeStore, prefix: string): Promise<string[]> {
  const objects = await Array.fromAsync(store.list(prefix));
  return objects.map(({ name, size }) => `${name} ${size}`).sort();
}

/** Bytes of a text. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Bytes that no compression shortens. */
export function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
  return bytes;
}
