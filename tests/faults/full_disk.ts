import assert from "node:assert/strict";
import type { TicklakeResult } from "../services/services.ts";
import { type SmallDisk, withSmallDisk } from "../small_disk.ts";
import { conclude } from "./conclude.ts";
import type { EmbeddedFlow } from "./embedded_flow.ts";
import type { Fault } from "./fault.ts";
import { embeddedFlow } from "./iceberg_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";

const MIB = 2 ** 20;

/** Bytes that are free before a file of rows is sent. */
const SMALL = 12 * MIB;

/** Bytes that are free afterwards: enough for everything that waits to be written. */
const LARGE = 500 * MIB;

/** Rows of a file: more than the log has room for. */
const FILE_ROWS = 400_000;

/** Exit code for a service that could not be reached or refused us. */
const SERVICE = 3;

/**
 * The disk of the embedded log and the directory lake is full, first for the log, then for the lake; then
 * there is space again. Every other round also with a read-only disk.
 */
export const fullDisk: Fault = {
  name: "full-disk",
  claim: "the disk is full, or read-only, under the embedded log and the directory lake",
  rounds: { short: 2, long: 12 },
  run: ({ stage, rounds, chance }) =>
    withSmallDisk(LARGE, async (disk) => {
      await using flow = embeddedFlow(stage, `${disk.path}/home`);
      let acknowledged = 0;
      let waits = 0;
      for (let round = 0; round < rounds; round++) {
        disk.resize(usedBytes(disk.path) + SMALL);
        const first = round * FILE_ROWS;
        const path = flow.quotes({ count: FILE_ROWS, first });
        const produced = await flow.ended(flow.produce(path, "max"));
        assertStopped(produced, /disk is full/, /Free space/);
        acknowledged += JSON.parse(produced.stdout).sent;

        if (round % 2 === 1) await readOnly(flow, disk, path);

        // The lake is on the same disk: no byte is left for it or for the group's offsets. consume waits
        // until there is space, or stops and can be restarted.
        const consumer = flow.consume(["--flush-rows", "2000"]);
        await consumer.waitFor(/disk is full/);
        await sleep(chance.between(0, 1500));
        disk.resize(LARGE);
        const waited = await consumer.waitFor(/ready again/).then(() => true, () => false);
        if (waited) {
          waits++;
          await flow.finish(consumer);
        } else {
          assertStopped(await flow.ended(consumer), /disk is full/, /Free space/);
        }
      }
      return await conclude(flow, {
        events: `${acknowledged.toLocaleString("en-US")} rows acknowledged; consume waited ` +
          `${waits} times and stopped ${rounds - waits} times`,
        look({ rows, numbers }) {
          assert.equal(rows, numbers, "no row is in the log twice");
          assert.ok(rows >= acknowledged, `${rows} rows of ${acknowledged} acknowledged`);
        },
      });
    }),
};

/** Bytes that are used on a file system. */
function usedBytes(path: string): number {
  const { stdout } = new Deno.Command("df", { args: ["--output=used", "-B1", path] }).outputSync();
  return Number(new TextDecoder().decode(stdout).trim().split("\n")[1]);
}

async function readOnly(flow: EmbeddedFlow, disk: SmallDisk, path: string): Promise<void> {
  disk.setReadOnly(true);
  assertStopped(await flow.ended(flow.produce(path, "max")), /read-?only|cannot be/i, /writable/);
  assertStopped(
    await flow.ended(flow.consume(["--until-end"])),
    /read-?only|cannot be/i,
    /writable/,
  );
  disk.setReadOnly(false);
}

/** Asserts that a process has ended with an error that says what is wrong and what to do. */
function assertStopped({ code, stderr }: TicklakeResult, what: RegExp, fix: RegExp): void {
  assert.equal(code, SERVICE, stderr);
  const [, message, advice] = stderr.match(/^error: (.*)\n {2}fix: (.*)$/m) ?? [];
  assert.match(message ?? "", what, stderr);
  assert.match(advice ?? "", fix, stderr);
}
