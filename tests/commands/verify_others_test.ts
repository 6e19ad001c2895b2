import assert from "node:assert/strict";
import { python, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded, withServices } from "./consume_place.ts";

const SCRIPT = new URL("../verify/write_others.py", import.meta.url);

/** Offsets `[first, end)`. */
function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

async function verified(place: ConsumePlace, shape: string, objects: number[][], flags: string[]) {
  const lake = `${place.cwd}/.ticklake/lake`;
  await Deno.remove(lake, { recursive: true }).catch(() => {});
  await python(SCRIPT, [lake, shape, JSON.stringify(objects), place.topic]);
  const args = ["verify", "--table-of-others", "--json", ...flags];
  const { code, stdout, stderr } = await runTicklake(args, place);
  const { missing, duplicate, foreign, behind } = JSON.parse(stdout || "{}");
  return { code, stderr, counts: [missing, duplicate, foreign, behind] };
}

const SHAPES: ReadonlyArray<[shape: string, flags: string[]]> = [
  ["kafka-connect", ["--partition-column", "partition"]],
  [
    "redpanda-connect",
    [
      ...["--offset-column", "offset", "--partition-column", "partition"],
      ...["--topic-column", "topic"],
    ],
  ],
];

for (const [shape, flags] of SHAPES) {
  serviceTest(
    `verify --table-of-others counts missing and double offsets of ${shape}`,
    { needs: ["python"] },
    () =>
      withEmbedded(async (place) => {
        await place.send(quotes(100));
        const good = await verified(place, shape, [range(0, 50), range(50, 90)], flags);
        assert.deepEqual([good.code, good.counts], [0, [0, 0, 0, 10]], good.stderr);
        const bad = await verified(
          place,
          shape,
          [range(0, 40), range(35, 60), range(70, 103)],
          flags,
        );
        assert.deepEqual([bad.code, bad.counts], [4, [10, 5, 3, 0]], bad.stderr);
        assert.match(bad.stderr, /partition 0, offsets 60 to 69: in the topic, but in no row/);
        const wrong = await verified(place, shape, [range(0, 100)], [
          ...flags,
          "--offset-column",
          "nowhere",
        ]);
        assert.equal(wrong.code, 4);
        assert.match(wrong.stderr, /cannot be read: .*nowhere/);
      }),
  );
}

const SINK = new URL("../verify/at_least_once.py", import.meta.url);

serviceTest(
  "verify --table-of-others says what a sink with kafka-python and pyarrow has doubled when it was killed, and what was lost (Kafka and S3)",
  { needs: ["kafka", "real-s3", "python"] },
  () =>
    withServices(async (place) => {
      await place.send(quotes(100));
      const { KAFKA_BOOTSTRAP_SERVERS: servers } = place.env;
      const group = `${place.group}-others`;
      const sink = (killedAfter: number) =>
        python(SINK, [servers, place.topic, group, place.cwd, String(killedAfter)]);
      await assert.rejects(sink(3), /Python failed/);
      await sink(0);
      for (const { name } of Deno.readDirSync(place.cwd)) {
        if (name.endsWith(".parquet")) {
          await place.put(`quotes/${name}`, await Deno.readFile(`${place.cwd}/${name}`));
        }
      }
      const args = ["verify", "--table-of-others", "--json"];
      const verified = async (...flags: string[]) => {
        const { code, stdout, stderr } = await runTicklake([...args, ...flags], place);
        const { partitions: [{ missing, duplicate }], behind } = JSON.parse(stdout || "{}");
        return { code, stderr, found: [missing, duplicate, behind] };
      };
      const doubled = [{ first: 40, last: 59 }];
      const killed = await verified("--group", group);
      assert.deepEqual([killed.code, killed.found], [4, [[], doubled, 0]], killed.stderr);
      for (const name of await place.objects()) {
        if (/^quotes\/(0|80)-/.test(name)) await place.remove(name);
      }
      // Of what lies at the end, only the group that committed it knows.
      const unknown = await verified();
      assert.deepEqual(unknown.found, [[{ first: 0, last: 19 }], doubled, 20], unknown.stderr);
      const known = await verified("--group", group);
      const missing = [{ first: 0, last: 19 }, { first: 80, last: 99 }];
      assert.deepEqual([known.code, known.found], [4, [missing, doubled, 0]], known.stderr);
    }),
);

serviceTest(
  "verify --table-of-others finds an Iceberg table wherever a REST catalog has it (Kafka and S3)",
  { needs: ["kafka", "real-s3", "iceberg-rest"] },
  () =>
    withServices(async (place) => {
      const rest = Deno.env.get("TEST_ICEBERG_REST")!;
      Object.assign(place.env, { ICEBERG_REST_URI: rest, TICKLAKE_TABLE_FORMAT: "iceberg" });
      const database = ["--database", uniqueName("others").replaceAll("-", "_")];
      await place.send(quotes(60));
      await place.toEnd("--flush-rows", "20", ...database);
      const { AWS_S3_BUCKET: _, ...env } = place.env;
      const verified = async (...flags: string[]) => {
        const args = ["verify", "--table-of-others", "--json", ...database, ...flags];
        const { code, stdout, stderr } = await runTicklake(args, { cwd: place.cwd, env });
        return { code, stderr, found: JSON.parse(stdout || "{}") };
      };
      const whole = await verified();
      assert.deepEqual([whole.code, whole.found.found], [0, 60], whole.stderr);
      await place.remove((await place.objects()).find((name) => name.includes("0020-"))!);
      const { code, found } = await verified();
      const [{ missing }] = found.partitions;
      assert.deepEqual([code, missing], [4, [{ first: 20, last: 39 }]]);
      const unknown = await verified("--table", "nowhere");
      assert.match(unknown.stderr, /table nowhere is not in the REST catalog/);
    }),
);
