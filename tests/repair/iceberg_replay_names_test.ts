import assert from "node:assert/strict";
import { startEncoder } from "../../mod/lake/format/encoder.ts";
import { replayDeadLetters } from "../../mod/repair/replay_dead_letters.ts";
import { checkMessage } from "../../mod/schema/check_message.ts";
import { MessageReader } from "../../mod/schema/message_reader.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { Layouts } from "../../mod/sink/layouts.ts";
import { quote, quotes, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { IcebergPlace, NAMES } from "./iceberg_place.ts";

/** The schema with a largest close. */
function upTo(max: number): RowSchema {
  const columns = quotes.columns.map((one) => one.name === "close" ? { ...one, max } : one);
  return { ...quotes, columns };
}

/** Has the random numbers of 32 bits be the given ones, in turn. */
function randomly(numbers: number[]): Disposable {
  const { getRandomValues } = crypto;
  crypto.getRandomValues = (array) => {
    if (!(array instanceof Uint32Array) || numbers.length === 0) {
      return getRandomValues.call(crypto, array) as typeof array;
    }
    array[0] = numbers.shift()!;
    return array;
  };
  return { [Symbol.dispose]: () => void Object.assign(crypto, { getRandomValues }) };
}

Deno.test("replays of an Iceberg table that draw the same number write over no file of one another", async () => {
  const place = new IcebergPlace(new ScriptedLog([[quote(10), quote(20), quote(30), quote(40)]]));
  const strict = upTo(10);
  const check = (schema: RowSchema) =>
    new MessageReader(schema, (value) => checkMessage(schema, value));
  await sink(place.log, place.lake, { table: place.open().table, schema: strict });
  const encoder = startEncoder();
  using _ = randomly([7, 7, 7, 8]);
  try {
    const replay = async (max: number) => {
      const schema = upTo(max);
      const log = await place.openLog();
      return await replayDeadLetters({
        store: place.lake,
        log,
        positions: await log.positions([]),
        schema,
        reader: check(schema),
        layout: (await Layouts.of(schema, "parquet", "dt")).current,
        encoder,
        topic: NAMES.topic,
        dryRun: false,
        signal: new AbortController().signal,
      });
    };
    assert.equal((await replay(20)).rows, 1);
    assert.deepEqual(await place.proved(4, "once"), { rows: [0, 1], letters: [2, 3] });
    assert.equal((await replay(30)).rows, 1);
    assert.deepEqual(await place.proved(4, "twice"), { rows: [0, 1, 2], letters: [3] });
    assert.equal((await replay(40)).rows, 1);
    assert.deepEqual(await place.proved(4, "again"), { rows: [0, 1, 2, 3], letters: [] });
  } finally {
    encoder.close();
  }
});
