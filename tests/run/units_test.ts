import assert from "node:assert/strict";
import { allRooms, examples, unitsOf } from "./units.ts";

Deno.test("all tests are in one unit each, those that break things last", () => {
  const rooms = allRooms();
  assert.equal(rooms.at(-1), "tests/faults");
  const files = unitsOf(rooms).flatMap(({ files }) => files);
  assert.equal(new Set(files).size, files.length);
  assert.ok(files.includes("tests/run/units_test.ts"));
});

Deno.test("tests that use services are apart, also where a file that they import says so", () => {
  const [alone, served, ...more] = unitsOf(["tests/broker"]);
  assert.deepEqual(more, []);
  assert.equal(alone.needs.size, 0);
  assert.ok(alone.files.includes("tests/broker/embedded_test.ts"));
  assert.ok(served.files.includes("tests/broker/kafka_contract_test.ts"));
  assert.ok(served.needs.has("kafka"));
  const [live] = unitsOf(["tests/live/accessibility_test.ts"]);
  assert.deepEqual(live.needs, new Set(["chromium"]));
});

Deno.test("the examples of comments are a unit", () => {
  assert.ok(examples().files.includes("mod/lake/layout.ts"));
});
