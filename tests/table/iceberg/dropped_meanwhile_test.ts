import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { fakeRange } from "./fake_range.ts";
import { quotesSchema } from "./quotes_schema.ts";

/** A lake in which something happens right before one of the requests. */
class InterruptedLake extends MemoryLake {
  #requests = 0;
  #interruption: { at: number; run: () => Promise<void> } | undefined;

  /** @param at number of the request, from 1 */
  interrupt(at: number, run: () => Promise<void>): void {
    this.#requests = 0;
    this.#interruption = { at, run };
  }

  get isInterrupted(): boolean {
    return this.#interruption === undefined;
  }

  async #next(): Promise<void> {
    if (++this.#requests !== this.#interruption?.at) return;
    const { run } = this.#interruption;
    this.#interruption = undefined;
    await run();
  }

  override async get(...args: Parameters<MemoryLake["get"]>) {
    await this.#next();
    return await super.get(...args);
  }

  override async put(...args: Parameters<MemoryLake["put"]>) {
    await this.#next();
    await super.put(...args);
  }

  override async create(...args: Parameters<MemoryLake["create"]>) {
    await this.#next();
    return await super.create(...args);
  }

  override async remove(...args: Parameters<MemoryLake["remove"]>) {
    await this.#next();
    await super.remove(...args);
  }

  override async *list(...args: Parameters<MemoryLake["list"]>) {
    await this.#next();
    yield* super.list(...args);
  }
}

const LOG = { id: "0123456789ab", description: "topic quotes" };

async function scene() {
  const lake = new InterruptedLake();
  const files = new TableFiles(lake, "file:///lake", "index_quotes");
  const quotes = await quotesSchema();
  const schema = newSchema(quotes);
  const open = () => new DirectoryCatalog(files);
  const create = async () => {
    const spec = partitionSpec("dt", quotes, schema);
    await open().create(newTable({ location: files.location, schema, spec }));
    return (await open().load())!.metadata["table-uuid"];
  };
  const uuid = await create();
  const catalog = open();
  const take = (first: number) => {
    const ranges = [fakeRange(files, 0, first, first + 10)];
    const own = new TableFiles(lake, "file:///lake", "index_quotes");
    return takeRanges({ catalog, files: own, table: "t", log: LOG, ranges, uuid });
  };
  await take(0);
  await take(10);
  return { lake, open, create, take };
}

/** By hand, without the program. */
function removeFolder(lake: MemoryLake): void {
  for (const name of [...lake.objects.keys()]) {
    if (name.startsWith("index_quotes/")) lake.objects.delete(name);
  }
}

const versions = (lake: MemoryLake) =>
  [...lake.objects.keys()].filter((name) => /\/v\d+\.metadata\.json$/.test(name));

/** What becomes of the table while a commit is under way. */
const ENDS: Record<string, (at: Awaited<ReturnType<typeof scene>>) => Promise<string | void>> = {
  "dropped": ({ open }) => open().drop(),
  "removed by hand": async ({ lake }) => removeFolder(lake),
  "dropped and recreated": async ({ open, create }) => {
    await open().drop();
    return await create();
  },
  "removed by hand and recreated": async ({ lake, create }) => {
    removeFolder(lake);
    return await create();
  },
};

for (const [what, end] of Object.entries(ENDS)) {
  Deno.test(`a table that is ${what} before any request of a commit is neither revived nor forked by it`, async () => {
    for (let at = 1;; at++) {
      const place = await scene();
      const { lake, open, take } = place;
      let recreated: string | void = undefined;
      lake.interrupt(at, async () => {
        recreated = await end(place);
      });
      // A commit that came first was done, and went with the table.
      const outcome = await take(20).catch((error) => error);
      if (!lake.isInterrupted) {
        assert.ok(at > 8, `only ${at} requests`);
        return;
      }
      if (outcome instanceof Error) {
        assert.ok(outcome instanceof Failure && outcome.kind === "failed", `${outcome.stack}`);
        assert.match(outcome.fix!, /Start consume again|^Restore it/);
      }
      assert.equal((await open().load())?.metadata["table-uuid"], recreated, `request ${at}`);
      assert.deepEqual(
        versions(lake),
        recreated === undefined ? [] : ["index_quotes/metadata/v1.metadata.json"],
        `request ${at}`,
      );
      await assert.rejects(take(30), /is not in|was dropped and recreated/);
    }
  });
}

Deno.test("a commit before any request of a drop goes with the table", async () => {
  for (let at = 1;; at++) {
    const { lake, open, take } = await scene();
    lake.interrupt(at, async () => {
      await take(20).catch((error) => assert.match(error.message, /is not in/));
    });
    await open().drop();
    assert.deepEqual(versions(lake), [], `request ${at}`);
    assert.equal(await open().load(), undefined);
    if (!lake.isInterrupted) return assert.ok(at > 5, `only ${at} requests`);
  }
});

Deno.test("a version of another table behind the newest one stops, with what to do, and changes nothing", async () => {
  const { lake, open, create } = await scene();
  const remnant = lake.objects.get("index_quotes/metadata/v3.metadata.json")!;
  await open().drop();
  await create();
  // As a writer leaves it that is killed between its commit and the check after it.
  lake.objects.set("index_quotes/metadata/v2.metadata.json", remnant);
  const before = new Map(lake.objects);
  await assert.rejects(open().load(), (error) => {
    assert.ok(error instanceof Failure && error.kind === "service");
    assert.match(error.message, /v2\.metadata\.json is of another table than v1/);
    assert.match(error.fix!, /keep a copy/);
    return true;
  });
  assert.deepEqual(lake.objects, before);
});
