import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type ConsumePlace, withEmbedded } from "../commands/consume_place.ts";
import { runTicklake, serviceTest } from "../services/services.ts";

const HEADER = "Index,Date,Open,High,Low,Close,Volume";
const REPLAY = ["produce", "--mode", "replay", "--rate", "max", "--partitions", "1"];

/** A row of the default schema, told from others by its volume. */
const row = (volume: number) => `HSI,2022-01-03,101.5,102.5,100.5,101.0,${volume}`;
const json = (volume: number) =>
  '{"Index":"HSI","Date":"2022-01-03","Open":101.5,"High":102.5,"Low":100.5,"Close":101,' +
  `"Volume":${volume}}`;

const run = (place: ConsumePlace, args: string[], stdin?: string | Uint8Array) =>
  runTicklake(args, { ...place, binary: true, stdin });

serviceTest(
  "compressed standard input, --delimiter and --input-format: from input to SQL",
  { needs: ["binary"] },
  () =>
    withEmbedded(async (place) => {
      const csv = (volume: number) => new TextEncoder().encode(`${HEADER}\n${row(volume)}\n`);
      const write = (name: string, text: string) =>
        Deno.writeTextFile(`${place.cwd}/${name}`, text);
      await write("hat.csv", `${HEADER}\n${row(3)}\n`.replaceAll(",", "^"));
      await write("tabs.txt", `${HEADER}\n${row(4)}\n`.replaceAll(",", "\t"));
      await write("objects.csv", `\n${json(5)}\n`);
      await write("fields.jsonl", `${HEADER}\n${row(6)}\n`);
      const inputs: Array<[args: string[], stdin?: Uint8Array]> = [
        [["--input", "-"], new Uint8Array(gzipSync(csv(1)))],
        [["--input", "-"], new Uint8Array(zstdCompressSync(csv(2)))],
        [["--delimiter", "^", "hat.csv"]],
        [["--delimiter", "tab", "tabs.txt"]],
        [["--input-format", "jsonl", "objects.csv"]],
        [["--input-format", "csv", "fields.jsonl"]],
        [["--input", "-"], new TextEncoder().encode(json(7))],
      ];
      for (const [args, stdin] of inputs) {
        const { code, stdout, stderr } = await run(place, [...REPLAY, ...args], stdin);
        assert.match(stdout, /^sent 1 row .* rejected 0\n$/, stderr);
        assert.equal(code, 0);
      }
      const refused: Array<[args: string[], why: RegExp, stdin?: Uint8Array]> = [
        [["hat.csv"], /the header is "Index\^Date.*\n {2}fix: Name the separator with --delimiter/],
        [["--delimiter", "ab", "hat.csv"], /expected one character or tab, found "ab"/],
        [["--input-format", "xml", "hat.csv"], /expected one of csv, jsonl, found "xml"/],
        [
          ["--input", "-"],
          /error: input stdin is a zip archive.*\n {2}fix: .*unzip -p FILE \|/,
          Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0),
        ],
      ];
      for (const [args, why, stdin] of refused) {
        const { code, stderr } = await run(place, [...REPLAY, ...args], stdin);
        assert.equal(code, 2, stderr);
        assert.match(stderr, why);
      }
      assert.match(
        (await run(place, ["consume", "--until-end"])).stdout,
        /wrote 7 rows and 0 dead/,
      );
      const asked = await run(place, ["query", "--json", "SELECT volume FROM index_quotes"]);
      const volumes = (JSON.parse(asked.stdout) as Array<{ volume: number }>).map((r) => r.volume);
      assert.deepEqual(volumes.sort(), [1, 2, 3, 4, 5, 6, 7]);
    }),
);

/** A table of days and instants in each unit; the day of `d` is midnight, that of `dropped` need not be. */
const EPOCHS = {
  table: "epochs",
  key: "s",
  columns: [
    { wire: "s", name: "s", type: "string", required: true },
    ...["epoch_s", "epoch_ms", "epoch_us", "epoch_ns"].map((format) => (
      { wire: format, name: format, type: "timestamp", format }
    )),
    { wire: "d", name: "d", type: "date", format: ["epoch_us", "DD.MM.YYYY HH:mm:ss.SSS"] },
    { wire: "dropped", name: "dropped", type: "date", format: "epoch_ns", time: "drop" },
  ],
};

/** What stands in a file or message, and the table's values of it, or why it is none. */
const INSTANTS: Array<[fields: string[], values: Array<string | null> | RegExp]> = [
  [
    [
      "1641223845.5",
      "1641223845123",
      "1641223845123456",
      "1641223845123456789",
      "1641168000000000",
      "1641223845123456789",
    ],
    [
      "2022-01-03 15:30:45.500",
      "2022-01-03 15:30:45.123",
      "2022-01-03 15:30:45.123",
      "2022-01-03 15:30:45.123",
      "2022-01-03",
      "2022-01-03",
    ],
  ],
  [
    ["-1", "-1", "-1", "-1", "-86400000000", "-1"],
    [
      "1969-12-31 23:59:59.000",
      "1969-12-31 23:59:59.999",
      "1969-12-31 23:59:59.999",
      "1969-12-31 23:59:59.999",
      "1969-12-31",
      "1969-12-31",
    ],
  ],
  [
    ["", "", "", "", "03.01.2022 00:00:00.000000", "2022-01-03 17:30:00"],
    [null, null, null, null, "2022-01-03", "2022-01-03"],
  ],
  // A microsecond past midnight is not midnight.
  [["", "", "", "", "1641168000000001", ""], /^d: expected .*YYYY-MM-DD, found /],
  [["", "", "", "", "03.01.2022 00:00:00.000001", ""], /^d: expected .*YYYY-MM-DD, found /],
  [["", "", "", "", "2022-01-03 17:30:00", ""], /^d: expected .*YYYY-MM-DD, found /],
  [["", "", "", "9".repeat(25), "", ""], /^epoch_ns: expected .*YYYY-MM-DD HH:MM:SS, found /],
];

serviceTest(
  "epochs in each unit, and days with a time: from a file and from messages to SQL",
  { needs: ["binary"] },
  () =>
    withEmbedded(async (place) => {
      const names = EPOCHS.columns.map(({ wire }) => wire);
      await Deno.writeTextFile(`${place.cwd}/own.json`, JSON.stringify(EPOCHS));
      place.env.TICKLAKE_SCHEMA = "own.json";
      const lines = INSTANTS.map(([fields], i) => [`file ${i}`, ...fields].join(","));
      await Deno.writeTextFile(`${place.cwd}/epochs.csv`, [names.join(","), ...lines].join("\n"));
      const bad = INSTANTS.flatMap(([, values], i) =>
        values instanceof RegExp ? [[i, values] as const] : []
      );
      const produced = await run(place, [...REPLAY, "epochs.csv"]);
      const rejections = [...produced.stderr.matchAll(/^epochs\.csv:(\d+): (.*)$/gm)];
      assert.deepEqual(rejections.map(([, line]) => Number(line)), bad.map(([i]) => i + 2));
      rejections.forEach(([, , reason], i) => assert.match(reason, bad[i][1]));

      // As numbers where JSON has them, as others write them.
      await place.send(INSTANTS.map(([fields], i) => {
        const values = fields.map((text, f) => {
          const value = /^-?\d+(\.\d+)?$/.test(text) ? text : JSON.stringify(text);
          return text === "" ? [] : [`${JSON.stringify(names[f + 1])}:${value}`];
        }).flat();
        return { key: null, value: `{${[`"s":"message ${i}"`, ...values].join()}}` };
      }));
      const consumed = await run(place, ["consume", "--until-end"]);
      const rows = INSTANTS.length - bad.length;
      assert.ok(
        consumed.stdout.includes(`wrote ${2 * rows} rows and ${bad.length} dead letters`),
        consumed.stdout + consumed.stderr,
      );
      const sql = `SELECT ${names.join()} FROM epochs ORDER BY kafka_offset`;
      const found = JSON.parse((await run(place, ["query", "--json", sql])).stdout) as unknown[];
      const wanted = ["file", "message"].flatMap((from) =>
        INSTANTS.flatMap(([, values], i) =>
          values instanceof RegExp ? [] : [[`${from} ${i}`, ...values]]
        )
      );
      assert.deepEqual(found.map((one) => Object.values(one as Record<string, unknown>)), wanted);
      const listed = await run(place, ["dead-letters", "list", "--json"]);
      const reasons = JSON.parse(listed.stdout).counts as Array<{ reason: string }>;
      for (const [, reason] of bad) assert.ok(reasons.some((one) => reason.test(one.reason)));
    }),
);
