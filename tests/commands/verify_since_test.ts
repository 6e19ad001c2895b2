import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { type ConsumePlace, placeTest, quotes } from "./consume_place.ts";

async function verified(place: ConsumePlace, ...args: string[]) {
  const { code, stdout, stderr } = await runTicklake(["verify", "--json", ...args], place);
  return { code, stderr, ...JSON.parse(stdout || "{}") };
}

placeTest("verify --since leaves out what came before", async (place) => {
  await place.send(quotes(200));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const since = new Date().toISOString();
  await place.send(quotes(100, 200));
  // The object with offset 200 begins at 150: it is verified whole.
  await place.toEnd("--flush-rows", "150");
  const first = (await place.objects()).find((name) => name.includes("-0000000000000000-"))!;
  await place.remove(first);
  assert.equal((await verified(place)).missing, 150);
  for (const deep of [[], ["--deep"]]) {
    const { code, expected, missing, stderr } = await verified(place, "--since", since, ...deep);
    assert.deepEqual([code, expected, missing], [0, 150, 0], stderr);
  }
  const later = await verified(place, "--since", "2999-01-01");
  assert.deepEqual([later.code, later.expected], [0, 0], later.stderr);
  const none = await verified(place, "--since", "yesterday");
  assert.equal(none.code, 2);
});
