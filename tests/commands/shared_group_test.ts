import assert from "node:assert/strict";
import { kafka, python, runTicklake, serviceTest } from "../services/services.ts";
import { type ConsumePlace, quotes, withServices } from "./consume_place.ts";

/** Reads some messages of partition 0 in a group, as a member of it, and commits where it is. */
const READ_IN_GROUP = `
import sys
from kafka import KafkaConsumer
servers, topic, group, count = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=servers, group_id=group, enable_auto_commit=False,
    auto_offset_reset="earliest", max_poll_records=int(count))
left = int(count)
while left > 0:
    left -= sum(len(records) for records in consumer.poll(1000, max_records=left).values())
consumer.commit()
consumer.close()
`;

/** Commits an offset of partition 0 for a group without members, whatever is in the log. */
const COMMIT = `
import sys
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata
servers, topic, group, offset = sys.argv[1:]
consumer = KafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
partition = TopicPartition(topic, 0)
consumer.assign([partition])
consumer.commit({partition: OffsetAndMetadata(int(offset), "", -1)})
consumer.close()
`;

const NEEDS = { needs: ["kafka", "real-s3", "python", "binary"] } as const;

/** Runs the compiled program in a place. */
function ticklake({ cwd, env }: ConsumePlace, ...args: string[]) {
  return runTicklake(args, { cwd, env, binary: true });
}

serviceTest(
  "another program reads in the group before consume and between its runs: counted gaps",
  NEEDS,
  () =>
    withServices(async (place) => {
      const byAnother = (count: number) =>
        python(READ_IN_GROUP, [kafka()!, place.topic, place.group, String(count)]);
      await place.send(quotes(1000));
      await byAnother(300);
      const first = await ticklake(place, "consume", "--until-end", "--json");
      assert.equal(first.code, 0, first.stderr);
      assert.match(first.stderr, /another program or a reset.*0 to 299 are recorded as a gap/);
      const { written, lost } = JSON.parse(first.stdout);
      assert.deepEqual([written, lost], [700, 300]);

      await place.send(quotes(500, 1000));
      await byAnother(120);
      const second = await ticklake(place, "consume", "--until-end", "--json");
      assert.equal(second.code, 0, second.stderr);
      assert.match(second.stderr, /moved from 1000 to 1120, by a reset or another program/);
      assert.deepEqual(JSON.parse(second.stdout).lost, 120);

      const { missing, duplicate, unexpected, rows, lost: gaps, stillThere } = await place.count();
      assert.deepEqual([missing, duplicate, unexpected, stillThere], [0, 0, 0, 0], "by DuckDB");
      assert.deepEqual([rows, gaps], [1080, 420], "by DuckDB");
      const verified = await ticklake(place, "verify", "--deep", "--json");
      assert.equal(verified.code, 0, verified.stderr);
      assert.match((await ticklake(place, "verify")).stderr, /420 offsets in recorded gaps/);
      assert.match((await ticklake(place, "status")).stdout, /in recorded gaps .*: 420 offsets/);
    }),
);

serviceTest(
  "an offset beyond the log's end is the same error with --until-end as without",
  NEEDS,
  () =>
    withServices(async (place) => {
      await place.send(quotes(1000));
      assert.equal((await ticklake(place, "consume", "--until-end")).code, 0);
      await python(COMMIT, [kafka()!, place.topic, place.group, "1040"]);
      // One after the other: two members would share the group's only partition.
      const ending = await ticklake(place, "consume", "--until-end");
      const plain = await ticklake(place, "consume");
      for (const { code, stderr } of [ending, plain]) {
        assert.equal(code, 1, stderr);
        assert.match(
          stderr,
          /^error: .*partition 0 ends at offset 1000, but the group is at 1040/m,
        );
      }
      // Nothing was recorded up to the wrong offset, so what comes next is not skipped.
      await place.send(quotes(100, 1000));
      assert.equal((await ticklake(place, "reset", "--to", "lake")).code, 0);
      const { code, stdout, stderr } = await ticklake(place, "consume", "--until-end", "--json");
      assert.equal(code, 0, stderr);
      const { written, lost } = JSON.parse(stdout);
      assert.deepEqual([written, lost], [100, 0]);
      const { missing, duplicate, rows } = await place.count();
      assert.deepEqual([missing, duplicate, rows], [0, 0, 1100], "by DuckDB");
    }),
);

serviceTest(
  "a group that is beyond the end of a log shorter than before is refused with an empty table too",
  NEEDS,
  () =>
    withServices(async (place) => {
      await place.send(quotes(100));
      await python(COMMIT, [kafka()!, place.topic, place.group, "140"]);
      for (const args of [["--until-end"], []]) {
        const { code, stderr } = await ticklake(place, "consume", ...args);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /^error: .*partition 0 ends at offset 100, but the group is at 140/m);
      }
    }),
);
