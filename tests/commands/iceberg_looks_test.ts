import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes } from "./consume_place.ts";

async function run({ cwd, env }: ConsumePlace, ...args: string[]) {
  const iceberg = { TICKLAKE_TABLE_FORMAT: "iceberg", TICKLAKE_ICEBERG_CATALOG: "directory" };
  return await runTicklake(args, { cwd, env: { ...iceberg, ...env } });
}

async function documents(place: ConsumePlace, ...args: string[]) {
  const { code, stdout, stderr } = await run(place, ...args);
  assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
  return stdout.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

placeTest(
  "an Iceberg table: topic, dead-letters list, show and export, status, verify --since",
  async (place) => {
    await place.send([...quotes(200), { key: "a", value: "no row" }]);
    await documents(place, "consume", "--until-end", "--json", "--flush-rows", "100");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const since = new Date().toISOString();
    await place.send([...quotes(99, 201), { key: null, value: "{" }]);
    await documents(place, "consume", "--until-end", "--json", "--flush-rows", "100");

    const [{ total, counts }] = await documents(place, "dead-letters", "list", "--json");
    assert.deepEqual([total, counts.length], [2, 2]);
    const [shown] = await documents(place, "dead-letters", "show", "-n", "1", "--json");
    assert.deepEqual([shown.offset, shown.key, shown.value], [200, "a", "no row"]);
    const exported = await documents(place, "dead-letters", "export");
    assert.deepEqual(exported.map(({ offset }) => offset), [200, 300]);

    const read = await documents(place, "topic", "read", "-n", "2", "--json");
    assert.deepEqual(read.map(({ offset, row }) => [offset, row]), [[299, true], [300, false]]);
    const [topic] = await documents(place, "topic", "show", "--json");
    const own = topic.groups.find(({ group }: { group: string }) => group === place.group);
    assert.equal(own.partitions[0].lag, 0);

    const [{ partitions }] = await documents(place, "status", "--json");
    assert.deepEqual([partitions[0].high, partitions[0].lag], [301, 0]);

    for (const deep of [[], ["--deep"]]) {
      const [whole] = await documents(place, "verify", "--json", ...deep);
      assert.deepEqual([whole.expected, whole.found, whole.missing], [301, 301, 0]);
      const [later] = await documents(place, "verify", "--json", "--since", since, ...deep);
      assert.deepEqual([later.expected, later.found, later.missing], [100, 100, 0]);
      const [none] = await documents(place, "verify", "--json", "--since", "2999-01-01", ...deep);
      assert.equal(none.expected, 0);
    }
  },
);
