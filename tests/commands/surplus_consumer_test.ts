import { placeTest, quotes } from "./consume_place.ts";

placeTest("a consumer for which no partition is left says so, and takes over", async (place) => {
  await place.send(quotes(10));
  await using first = place.start();
  await first.waitFor(/reading partitions/);
  await using second = place.start();
  await second.waitFor(
    new RegExp(
      `group ${place.group} has more consumers than ${place.topic} has partitions \\(1\\)`,
    ),
  );
  await first.stop();
  await second.waitFor(/reading partitions/);
  await second.stop();
});
