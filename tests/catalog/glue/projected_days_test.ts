import assert from "node:assert/strict";
import { daysToProject, hiddenObjects } from "../../../mod/catalog/glue/projected_days.ts";

const TODAY = Date.parse("2026-11-26T23:59:59Z");

Deno.test("a projection covers a month before today and a day after it, whatever there is", () => {
  assert.deepEqual(daysToProject([], TODAY), { first: "2026-10-26", ahead: 1 });
  assert.deepEqual(daysToProject(["2026-11-20"], TODAY), { first: "2026-10-26", ahead: 1 });
});

Deno.test("it covers every day that there is, and keeps an earlier beginning", () => {
  const days = ["2024-02-29", "2026-12-31"];
  assert.deepEqual(daysToProject(days, TODAY), { first: "2024-02-29", ahead: 35 });
  assert.equal(daysToProject(days, TODAY, "2020-01-01").first, "2020-01-01");
});

Deno.test("days of wild clocks open no projection of 740,000 days", () => {
  const days = ["0001-01-01", "1970-01-01", "9999-12-31", "2027-12-31", "+012026-01-01", "x"];
  assert.deepEqual(daysToProject(days, TODAY), { first: "2026-10-26", ahead: 1 });
  // A projection that an earlier release has opened so far is closed again.
  assert.equal(daysToProject([], TODAY, "0001-01-01").first, "2026-10-26");
});

Deno.test("objects of days that it does not cover are counted", () => {
  const range = { first: "2026-10-26", ahead: 1 };
  const count = (...days: string[]) =>
    hiddenObjects(new Map(days.map((day) => [day, 2])), range, TODAY);
  assert.equal(count(), undefined);
  assert.equal(count("2026-10-26", "2026-11-27"), undefined);
  assert.deepEqual(count("2026-11-28", "2026-10-25", "2026-11-01", "__HIVE_DEFAULT_PARTITION__"), {
    objects: 6,
    days: ["2026-10-25", "2026-11-28", "__HIVE_DEFAULT_PARTITION__"],
  });
});
