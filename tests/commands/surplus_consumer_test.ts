import { placeTest, quotes } from "./consume_place.ts";

placeTest("a consumer for which no partition is left says so, and takes over", async (place) => {
  await place.send(quotes(10));
  await using first = place.start();
  await first.waitFor(/reading partitions/);
  await using second = place.start();
  // The coordinator chooses who gets the partition.
  const surplus = new RegExp(
    `group ${place.group} has more consumers than ${place.topic} has partitions \\(1\\)`,
  );
  const waiting = await Promise.any(
    [first, second].map(async (consumer) => {
      await consumer.waitFor(surplus);
      return consumer;
    }),
  );
  await (waiting === first ? second : first).stop();
  const again = waiting === first
    ? /reading partitions \[0\][^]*reading partitions \[0\]/
    : /reading/;
  await waiting.waitFor(again);
  await waiting.stop();
});
