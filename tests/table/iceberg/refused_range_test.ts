import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { fenceOff } from "../../../mod/table/iceberg/fence_off.ts";
import { giveUp } from "../../../mod/table/iceberg/give_up.ts";
import { logKey } from "../../../mod/table/log_key.ts";
import { logId } from "../../../mod/table/iceberg/position.ts";
import { IcebergPlace, NAMES } from "../../repair/iceberg_place.ts";
import { rows } from "../../sink/run_sink.ts";
import { ScriptedLog } from "../../sink/scripted_log.ts";

/** What a writer of the offsets from 10 on is told, after something has happened since it began. */
async function toldAfter(
  happen: (place: IcebergPlace, log: { id: string }) => Promise<unknown>,
  first = 10,
): Promise<string> {
  const place = new IcebergPlace(new ScriptedLog([rows(30)]));
  place.log.partitions[0].length = 10;
  await place.consume(10);
  const former = await place.openLog();
  await former.positions([0]);
  await happen(place, { id: logId(await logKey(former.name), former.name.topic) });
  const range = { partition: 0, first, end: 20, objects: [], deadLetters: [], gaps: [] };
  const error = await former.take([range]).then(() => undefined, (error) => error);
  assert.ok(error instanceof Failure && error.kind === "failed", `${error}`);
  assert.match(error.fix!, /^Nothing is lost\. .* it resumes at the table's position/);
  return `${error.message} / ${error.fix}`;
}

const fence = (group?: string) => async (place: IcebergPlace, log: { id: string }) => {
  const { catalog, files } = place.open();
  const base = (await catalog.load())!;
  assert.ok(await fenceOff({ catalog, files, log, group }, base, new Map([[0, 10]])));
};

Deno.test("a writer whose partition another group took over is told which", async () => {
  const told = await toldAfter(fence("nightly"));
  assert.match(told, /^group nightly took over partition 0 of topic \S+ in table index_quotes/);
  assert.match(told, /while offsets 10 to 19 were being written/);
  assert.match(told, /stop the consume of group nightly, or this one/);
});

Deno.test("a writer that another process of its group replaced is told so", async () => {
  const told = await toldAfter(fence(NAMES.group));
  assert.match(told, new RegExp(`^another process of group ${NAMES.group} took over partition 0`));
  assert.match(told, /paused or cut off from Kafka/);
});

Deno.test("a fence of an earlier release, or of an expired snapshot, names no group", async () => {
  assert.match(await toldAfter(fence()), /^another process took over partition 0 of topic /);
});

Deno.test("a writer whose range the next owner gave up is refused, also with the same position", async () => {
  const told = await toldAfter(async (place, log) => {
    const { catalog, files } = place.open();
    const range = { partition: 0, first: 10, end: 20, late: true };
    assert.equal(await giveUp({ catalog, files, log, ...range }), "removed");
  });
  assert.match(
    told,
    /offsets 10 to 19 of partition 0 .* were given up by the partition's next owner/,
  );
});

Deno.test("a writer is told of a rewind, as the newest change", async () => {
  const told = await toldAfter(async (place, log) => {
    await fence("nightly")(place, log);
    const owner = await place.openLog();
    await owner.positions([0]);
    await owner.rewind(new Map([[0, { from: 0, end: 10 }]]));
  });
  assert.match(told, /^table index_quotes was rewound in partition 0 .* A reset or a repair ran/);
});

Deno.test("a writer whose offsets another group has written otherwise is told which", async () => {
  const told = await toldAfter(async (place) => {
    place.log.partitions[0].push(...rows(5));
    await place.consume(10, { group: "nightly" });
  });
  assert.match(told, /is at offset 15 of partition 0 .* expected 10, to append offsets 10 to 19/);
  assert.match(told, /Group nightly writes the same topic into this table/);
});

Deno.test("a range behind the table's end is refused: what is between would be missing", async () => {
  const told = await toldAfter(() => Promise.resolve(), 15);
  assert.match(told, /is at offset 10 of partition 0 .* expected 15, to append offsets 15 to 19/);
});
