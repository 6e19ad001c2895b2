import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { EmbeddedFlow } from "./embedded_flow.ts";

const FLUSH_ROWS = 100;

/** A lake of a thousand rows in objects of a hundred, and the names of its objects. */
async function withLake(
  run: (flow: EmbeddedFlow, folder: string, names: string[]) => Promise<void>,
): Promise<void> {
  await using flow = new EmbeddedFlow();
  await flow.fill({ count: 10 * FLUSH_ROWS });
  await flow.consumeToEnd(["--flush-rows", String(FLUSH_ROWS)]);
  const table = `${flow.env.TICKLAKE_HOME}/lake/index_quotes`;
  const [{ name: day }] = Deno.readDirSync(table);
  const folder = `${table}/${day}`;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => (name.match(/\d{16}/g) ?? []).map(Number).includes(FLUSH_ROWS - 1));
  assert.ok(names.length > 1, "several partitions begin with a full object");
  await run(flow, folder, names);
}

const NEEDS = { needs: ["python", "binary"] } as const;

serviceTest("both counts find a lake complete", NEEDS, () =>
  withLake(async (flow) => {
    const { missing, duplicate, unexpected, misplaced, misdated, rows } = await flow.count();
    assert.deepEqual([missing, duplicate, unexpected, misplaced, misdated], [0, 0, 0, 0, 0]);
    assert.equal(rows, 10 * FLUSH_ROWS);
    assert.equal((await flow.verify()).ok, true);
  }));

serviceTest(
  "both counts find an object that is missing",
  NEEDS,
  () =>
    withLake(async (flow, folder, [name]) => {
      Deno.removeSync(`${folder}/${name}`);
      const { missing, duplicate } = await flow.count();
      assert.deepEqual([missing, duplicate], [FLUSH_ROWS, 0]);
      const verdict = await flow.verify();
      assert.deepEqual([verdict.ok, verdict.missing, verdict.duplicate], [false, FLUSH_ROWS, 0]);
    }),
);

serviceTest(
  "both counts find rows that are there twice",
  NEEDS,
  () =>
    withLake(async (flow, folder, [name]) => {
      Deno.mkdirSync(`${folder}/../dt=2001-02-03`);
      Deno.copyFileSync(`${folder}/${name}`, `${folder}/../dt=2001-02-03/${name}`);
      const { missing, duplicate, misdated } = await flow.count();
      assert.deepEqual([missing, duplicate, misdated], [0, FLUSH_ROWS, FLUSH_ROWS]);
      const verdict = await flow.verify();
      assert.deepEqual([verdict.ok, verdict.missing, verdict.duplicate], [false, 0, FLUSH_ROWS]);
    }),
);

serviceTest(
  "both counts find an object that holds others than its name says",
  NEEDS,
  () =>
    withLake(async (flow, folder, [name, other]) => {
      Deno.copyFileSync(`${folder}/${name}`, `${folder}/${other}`);
      const { missing, duplicate, misplaced } = await flow.count();
      assert.deepEqual([missing, duplicate, misplaced], [FLUSH_ROWS, FLUSH_ROWS, FLUSH_ROWS]);
      const { code, stderr } = await flow.run(["verify", "--deep"]);
      assert.equal(code, 4);
      assert.match(stderr, new RegExp(other));
    }),
);

serviceTest(
  "the count by others finds a row that was acknowledged and is not there",
  NEEDS,
  () =>
    withLake(async (flow) => {
      const acknowledged = `${flow.folder}/acknowledged`;
      Deno.writeTextFileSync(acknowledged, `0\n${10 * FLUSH_ROWS - 1}\n${10 * FLUSH_ROWS}\n`);
      assert.equal((await flow.count({ acknowledged })).lostRows, 1);
    }),
);
