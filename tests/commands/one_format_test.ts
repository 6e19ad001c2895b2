import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

const ICEBERG = ["--table-format", "iceberg", "--iceberg-catalog", "directory"];

const COUNT = ["query", "--engine", "local", "SELECT count(*) AS n FROM index_quotes"];

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  return await runTicklake(args, { cwd, env });
}

/** Expects a refusal that says what is there, and that nothing was changed. */
async function refused(place: ConsumePlace, words: string[], what: RegExp): Promise<void> {
  const before = await place.objects();
  const { code, stdout, stderr } = await run(place, ...words);
  assert.equal(code, 2, `${words.join(" ")}: ${stdout}${stderr}`);
  assert.match(stderr, what, words.join(" "));
  assert.deepEqual(await place.objects(), before, words.join(" "));
}

async function rows(place: ConsumePlace, ...flags: string[]): Promise<number> {
  const { code, stdout, stderr } = await run(place, ...COUNT, ...flags, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout)[0].n;
}

Deno.test("an Iceberg table is not written or read as Hive folders", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(30));
    await place.toEnd(...ICEBERG);
    const words = [
      ["consume", "--until-end"],
      ["reset", "--to", "earliest", "--rewrite"],
      ["setup-catalog"],
      ["verify"],
      ["repair"],
      ["maintain", "--merge"],
      COUNT,
    ];
    for (const each of words) {
      await refused(place, each, /is an Iceberg table.*\n.*--table-format iceberg/);
    }
    const status = await run(place, "status");
    assert.match(status.stderr, /warning: .* is an Iceberg table/);
    const doctor = await run(place, "doctor");
    assert.match(doctor.stdout, /FAILED +table +.* is an Iceberg table/);
    await place.send(quotes(10, 30));
    assert.equal((await place.toEnd(...ICEBERG)).summary.written, 10);
    assert.equal(await rows(place, ...ICEBERG), 40);
  }));

Deno.test("a table in Hive folders is not written or read as an Iceberg table", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(30));
    await place.toEnd();
    const words = [
      ["consume", "--until-end"],
      ["reset", "--to", "earliest", "--rewrite"],
      ["setup-catalog"],
      ["verify"],
      ["repair"],
      ["maintain"],
      COUNT,
    ];
    for (const each of words) {
      await refused(place, [...each, ...ICEBERG], /in Hive folders.*\n.*Omit --table-format/);
    }
    const status = await run(place, "status", ...ICEBERG);
    assert.match(status.stderr, /warning: .* in Hive folders/);
    const doctor = await run(place, "doctor", ...ICEBERG);
    assert.match(doctor.stdout, /FAILED +Iceberg table +.* in Hive folders/);
    await place.send(quotes(10, 30));
    assert.equal((await place.toEnd()).summary.written, 10);
    assert.equal(await rows(place), 40);
    assert.equal((await run(place, "setup-catalog", "--migrate", ...ICEBERG)).code, 0);
    await place.send(quotes(10, 40));
    assert.equal((await place.toEnd(...ICEBERG)).summary.written, 10);
    for (const each of [["verify"], ["repair"], ["consume", "--until-end"], COUNT]) {
      await refused(place, each, /was migrated to Iceberg/);
    }
  }));

Deno.test("a Hive table of release 0.1.0, without records, is not taken for an Iceberg table", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(30));
    await place.toEnd();
    await Deno.remove(`${place.cwd}/.ticklake/lake/_ticklake`, { recursive: true });
    await refused(place, ["consume", "--until-end", ...ICEBERG], /in Hive folders/);
    await refused(place, ["verify", ...ICEBERG], /in Hive folders/);
  }));

Deno.test("an Iceberg table without rows beside a Hive table is not filled", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(30));
    assert.equal((await run(place, "setup-catalog", ...ICEBERG)).code, 0);
    const metadata = `${place.cwd}/.ticklake/lake/index_quotes/metadata`;
    await Deno.rename(metadata, `${place.cwd}/metadata`);
    await place.toEnd();
    await Deno.rename(`${place.cwd}/metadata`, metadata);
    await refused(place, ["consume", "--until-end", ...ICEBERG], /in Hive folders/);
  }));

Deno.test("where an Iceberg table was dropped by its catalog, the way to a Hive table is named", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(30));
    await place.toEnd(...ICEBERG);
    const lake = `${place.cwd}/.ticklake/lake`;
    await Deno.rename(
      `${lake}/index_quotes/metadata/v1.metadata.json`,
      `${lake}/index_quotes/metadata/00001-5f8a.metadata.json`,
    );
    const words = ["consume", "--until-end"];
    await refused(place, words, /If the Iceberg table was dropped, move index_quotes\/metadata\//);
    await Deno.rename(`${lake}/index_quotes`, `${place.cwd}/dropped`);
    assert.equal((await run(place, ...words, "--from", "earliest")).code, 0);
  }));
