import assert from "node:assert/strict";
import { runTicklake, type TicklakeResult } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";
import { setGroup } from "./set_group.ts";

/** A place with the flags of its table's format. */
type FormatPlace = ConsumePlace & { format: string[] };

/** How the offsets come to be beyond the log's end, with the alert that it is. */
const STATES: ReadonlyArray<
  readonly [name: string, alert: string, bring: (place: FormatPlace) => Promise<void>]
> = [
  ["the table's offset", "table", async (place) => {
    await place.send(quotes(30));
    await place.toEnd(...place.format);
    const home = `${place.cwd}/.ticklake`;
    await Deno.copyFile(`${home}/log.sqlite`, `${home}/copy`);
    await place.send(quotes(20));
    await place.toEnd(...place.format);
    for (const end of ["-wal", "-shm"]) {
      await Deno.remove(`${home}/log.sqlite${end}`).catch(() => {});
    }
    await Deno.rename(`${home}/copy`, `${home}/log.sqlite`);
  }],
  ["the group's offset", "group", async (place) => {
    await place.send(quotes(30));
    await place.toEnd(...place.format);
    await setGroup(place, 100_000);
  }],
  ["the offset of a group that has written nothing", "group", async (place) => {
    await place.send(quotes(30));
    await setGroup(place, 100_000);
  }],
];

/** The lines of standard error from an error's message to its remedy, without what introduces them. */
function told(stderr: string, prefix: string): string {
  const lines = stderr.split("\n");
  const at = lines.findIndex((line) => line.startsWith(prefix));
  assert.notEqual(at, -1, stderr);
  const end = lines.findIndex((line, i) => i > at && /^\s+fix: /.test(line));
  return lines.slice(at, end + 1).join("\n").slice(prefix.length);
}

for (const format of ["hive", "iceberg"]) {
  for (const [name, alert, bring] of STATES) {
    Deno.test(`status tells that ${name} is beyond the log's end, as consume does (${format})`, () =>
      withEmbedded(async (plain) => {
        const place = Object.assign(plain, { format: ["--table-format", format] });
        const status = (...args: string[]): Promise<TicklakeResult> =>
          runTicklake(["status", ...place.format, ...args], { cwd: place.cwd, env: place.env });
        await bring(place);
        const consumed = await place.run("--until-end", ...place.format);
        assert.equal(consumed.code, 1, consumed.stderr);
        const error = told(consumed.stderr, "error: ");
        const { code, stderr } = await status();
        assert.deepEqual([code, told(stderr, "warning: ")], [0, error]);
        const alerted = await status("--alert", "--json");
        assert.deepEqual([alerted.code, told(alerted.stderr, "alert: ")], [4, error]);
        const { alerts } = JSON.parse(alerted.stdout);
        assert.deepEqual(alerts.map((one: { alert: string }) => one.alert), [alert]);
        assert.ok(error.startsWith(alerts[0].text));
        const doctor = await runTicklake(["doctor", "--json", ...place.format], {
          ...{ cwd: place.cwd, env: place.env },
        });
        const finding = JSON.parse(doctor.stdout).findings
          .find(({ check }: { check: string }) => check === "log's end");
        assert.deepEqual([doctor.code, finding.status], [3, "failed"], doctor.stdout);
        assert.ok(error.startsWith(finding.detail) && error.endsWith(finding.fix), finding.detail);
      }));
  }
}
