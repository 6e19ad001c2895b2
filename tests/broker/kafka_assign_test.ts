import assert from "node:assert/strict";
import fc from "fast-check";
import { assign } from "../../mod/broker/kafka/assign.ts";
import { PROPERTY } from "../property_seed.ts";

Deno.test("each partition gets one owner, of those who want its topic, and shares are even", () => {
  const members = fc.uniqueArray(
    fc.record({ memberId: fc.string(), topics: fc.subarray(["a", "b", "c"]) }),
    { selector: ({ memberId }) => memberId, maxLength: 6 },
  );
  const counts = fc.record({ a: fc.nat(20), b: fc.nat(20), c: fc.nat(20) });
  fc.assert(
    fc.property(members, counts, (members, counts) => {
      const shares = assign(members, new Map(Object.entries(counts)));
      assert.deepEqual([...shares.keys()].sort(), members.map(({ memberId }) => memberId).sort());
      for (const [topic, count] of Object.entries(counts)) {
        const owners = members.filter(({ topics }) => topics.includes(topic));
        const owned = members.map(({ memberId }) => shares.get(memberId)![topic] ?? []);
        const all = owned.flat().sort((a, b) => a - b);
        assert.deepEqual(all, owners.length === 0 ? [] : [...Array(count).keys()]);
        const sizes = owners.map(({ memberId }) => shares.get(memberId)![topic]?.length ?? 0);
        assert.ok(owners.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1);
        for (const { memberId, topics } of members) {
          assert.ok(topics.includes(topic) || shares.get(memberId)![topic] === undefined);
        }
      }
    }),
    PROPERTY,
  );
});

Deno.test("the order in which members are listed does not matter", () => {
  const members = ["x", "a", "m"].map((memberId) => ({ memberId, topics: ["t"] }));
  const counts = new Map([["t", 7]]);
  const sorted = (shares: Map<string, unknown>) => [...shares].sort();
  assert.deepEqual(
    sorted(assign(members, counts)),
    sorted(assign(members.toReversed(), counts)),
  );
});
