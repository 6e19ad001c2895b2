import assert from "node:assert/strict";
import type { SingleValue } from "../../../mod/table/iceberg/bounds.ts";
import { transformed } from "../../../mod/table/iceberg/transform.ts";
import { serviceTest } from "../../services/services.ts";
import { runTool } from "../../services/tools_folder.ts";

const HOUR = 3_600_000_000n;

Deno.test("bucket is the remainder of the hash that the specification gives for each type", () => {
  // Source: https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
  const hashes: Array<[type: string, value: SingleValue, hash: number]> = [
    ["long", 34n, 2017239379],
    ["date", 17486, -653330422],
    ["timestamptz", 1_510_871_468_000_000n, -2047944441],
    ["string", "iceberg", 1210000089],
  ];
  for (const [type, value, hash] of hashes) {
    for (const count of [1, 7, 1000]) {
      const bucket = (hash & 0x7fffffff) % count;
      assert.equal(transformed(`bucket[${count}]`, value, type), bucket, `${type} ${count}`);
    }
  }
});

Deno.test("times before 1970 are in the period that they begin in, not in the next", () => {
  const at = (transform: string, micros: bigint) => transformed(transform, micros, "timestamptz");
  for (const transform of ["year", "month", "day", "hour"]) {
    assert.equal(at(transform, 0n), 0, transform);
    assert.equal(at(transform, -1n), -1, transform);
    assert.equal(transformed(transform, null, "timestamptz"), null, transform);
  }
  assert.equal(at("hour", HOUR - 1n), 0);
  assert.equal(at("hour", HOUR), 1);
  assert.equal(at("day", 24n * HOUR), 1);
  assert.equal(transformed("month", -1, "date"), -1);
  assert.equal(transformed("year", 17486, "date"), 47);
  assert.equal(transformed("month", 17486, "date"), 574);
  assert.equal(transformed("day", 17486, "date"), 17486);
});

/** Values of a type, many of them at the ends of periods. */
function valuesOf(type: string): SingleValue[] {
  const random = Array.from({ length: 20 }, () => Math.random());
  if (type === "string") return ["", "^NYA", "été 😀", ...random.map(String)];
  const days = [-25_568, -366, -1, 0, 1, 58, 59, 364, 365, 17_486, 20_783];
  if (type === "date") return [...days, ...random.map((x) => Math.floor(x * 40_000) - 10_000)];
  const micros = days.flatMap((day) =>
    [-1n, 0n, HOUR].map((more) => BigInt(day) * 24n * HOUR + more)
  );
  return [...micros, ...random.map((x) => BigInt(Math.floor((x - 0.3) * 1e16)))];
}

serviceTest(
  "pyiceberg makes the same of values of each type",
  { needs: ["iceberg-readers"] },
  async () => {
    const cases = ["long", "string", "date", "timestamptz"].flatMap((type) => {
      const times = type === "timestamptz" ? ["hour"] : [];
      if (type === "date" || type === "timestamptz") times.push("year", "month", "day");
      return ["bucket[16]", "bucket[1000]", ...times].flatMap((transform) =>
        valuesOf(type).map((value) => ({ transform, type, value }))
      );
    });
    const asked = cases.map(({ transform, type, value }) => [
      transform,
      type,
      typeof value === "bigint" ? Number(value) : value,
    ]);
    const script = new URL("transforms.py", import.meta.url).pathname;
    const python = Deno.env.get("TEST_ICEBERG_PYTHON")!;
    const theirs = JSON.parse(await runTool(python, [script, JSON.stringify(asked)]));
    const ours = asked.map(([transform, type, value], i) =>
      transformed(
        String(transform),
        typeof cases[i].value === "bigint" ? BigInt(value as number) : value as SingleValue,
        String(type),
      )
    );
    for (const [i, one] of asked.entries()) assert.equal(ours[i], theirs[i], one.join(" "));
  },
);
