import assert from "node:assert/strict";
import { type Import, importsOf, ownImports } from "./imports.ts";

/**
 * The rooms of mod/, from the top of the house to the ground: an import leads to a lower floor, or stays
 * in its room. Rooms of one floor do not know each other.
 */
const FLOORS: ReadonlyArray<readonly string[]> = [
  ["main.ts"],
  ["commands"],
  ["cli"],
  ["live"],
  ["repair"],
  ["maintain"],
  ["verify", "status"],
  ["ops"],
  ["sink"],
  ["source"],
  ["table"],
  ["catalog"],
  ["broker"],
  ["lake"],
  ["message"],
  ["schema", "config", "aws"],
  ["files"],
  ["terminal", "wait", "failure"],
];

/** What outside its folder is loaded only by `import(…)`, where a command wires it: SDKs come with it. */
const ADAPTERS: readonly string[] = [
  "mod/broker/embedded/",
  "mod/broker/kafka/",
  "mod/catalog/athena/",
  "mod/catalog/local/",
  "mod/lake/directory.ts",
  "mod/lake/s3.ts",
  "mod/message/avro/",
  "mod/table/hive/hive_table.ts",
  "mod/table/iceberg/catalogs/",
];

function roomOf(file: string): string {
  return file.startsWith("mod/") ? file.split("/")[1] : file;
}

function floorOf(file: string): number {
  const floor = FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)));
  if (floor < 0 && file.startsWith("mod/")) throw new Error(`${file} is in a room without a floor`);
  return floor < 0 ? FLOORS.length : floor;
}

/** Imports that lead up, or to another room of the same floor. */
function wrongWay(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => roomOf(from) !== roomOf(to) && floorOf(to) <= floorOf(from))
    .map(({ from, to }) => `${from} -> ${to}`);
}

/** Adapters that something outside loads with itself. */
function wiredStatically(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to, dynamic, typeOnly }) => {
      const adapter = ADAPTERS.find((adapter) => to.startsWith(adapter));
      return adapter !== undefined && !dynamic && !typeOnly && !from.startsWith(adapter);
    })
    .map(({ from, to }) => `${from} -> ${to}`);
}

/** A circle of imports, as the files on its way; empty where there is none. */
function circle(imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports.filter(({ dynamic }) => !dynamic), ({ from }) => from);
  const done = new Set<string>();
  const walk = (file: string, way: string[]): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { to } of next.get(file) ?? []) {
      const found = walk(to, [...way, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of next.keys()) {
    const found = walk(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

Deno.test("imports lead down the floors of the house only", () => {
  assert.deepEqual(wrongWay(ownImports()), []);
});

Deno.test("no import leads back to where it came from", () => {
  assert.deepEqual(circle(ownImports()), []);
});

Deno.test("an adapter is loaded only where a command wires it, when it is needed", () => {
  assert.deepEqual(wiredStatically(ownImports()), []);
});

Deno.test("an import that is turned round is found", () => {
  const up = importsOf("mod/lake/store.ts", 'import { run } from "../commands/consume.ts";');
  assert.deepEqual(wrongWay(up), ["mod/lake/store.ts -> mod/commands/consume.ts"]);
  const aside = importsOf("mod/schema/types.ts", 'export * from "../config/value.ts";');
  assert.deepEqual(wrongWay(aside), ["mod/schema/types.ts -> mod/config/value.ts"]);
  const there = importsOf("mod/lake/a.ts", 'import {\n  type B,\n} from "./b.ts";');
  const back = importsOf("mod/lake/b.ts", 'import type { A } from "./a.ts";');
  assert.deepEqual(circle([...there, ...back]), [
    "mod/lake/a.ts",
    "mod/lake/b.ts",
    "mod/lake/a.ts",
  ]);
  const adapter = importsOf("mod/sink/sink.ts", 'import { S3 } from "../lake/s3.ts";');
  assert.deepEqual(wiredStatically(adapter), ["mod/sink/sink.ts -> mod/lake/s3.ts"]);
  const lazy = importsOf("mod/commands/a.ts", 'const { S3 } = await import("../lake/s3.ts");');
  assert.deepEqual(wiredStatically(lazy), []);
});
