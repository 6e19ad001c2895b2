import { Failure } from "../failure/failure.ts";
import { isoDay } from "../schema/calendar.ts";
import { keyColumns, type RowSchema } from "../schema/schema.ts";
import { encodeTexts } from "./encode_record.ts";
import type { FileForm } from "./file_form.ts";
import type { Input } from "./input.ts";
import { openInput } from "./open_input.ts";
import { keyText } from "./key_text.ts";
import { PriceWalk } from "./price_walk.ts";
import { seededRandom } from "./random.ts";
import { RowReader } from "./row_reader.ts";
import type { OnRejected, Row } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";

/** Options of {@linkcode simulate}. */
export interface SimulateOptions extends Omit<FileForm, "name"> {
  /** The same seed makes the same prices. @default {a random one} */
  seed?: number;
  /** Called for each broken row of the input, once. */
  onRejected: OnRejected;
  /** Columns that name a symbol, whatever the messages' key is. @default {the schema's key} */
  symbolKey?: RowSchema["key"];
  /** Ends the reading of the input. */
  signal?: AbortSignal;
  /** Milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** Maximum symbols of a market. */
const MOST_SYMBOLS = 10_000;

/** A symbol: the texts of its last row, and its price. */
interface Symbol {
  texts: Array<string | undefined>;
  walk: PriceWalk;
  /** The day of the walk, since 1970. */
  day: number;
}

/**
 * A simulated market: endless rows, each of a random symbol whose price continues from its
 * last close in the inputs. The day is today, an instant is now; open, high, low, close and volume are
 * today's so far, other columns stay as they were in the symbol's last row.
 * @throws {Failure} kind `usage`, when the schema has no close; `rejected`, when no row is valid
 */
export async function simulate(
  inputs: readonly Input[],
  schema: RowSchema,
  options: SimulateOptions,
): Promise<RowFeed> {
  const { seed = crypto.getRandomValues(new Uint32Array(1))[0], now = Date.now } = options;
  const { columns } = schema;
  const indexOf = (name: string) => columns.findIndex((column) => column.name === name);
  if (indexOf("close") === -1) {
    throw new Failure(
      "usage",
      `--mode simulate: the schema of ${schema.table} has no column close`,
      {
        fix: "Choose a schema with one, such as index_quotes or ohlcv, or another --mode.",
      },
    );
  }
  const random = seededRandom(seed);
  const symbols = [...(await lastRows(inputs, schema, options)).values()].map((texts): Symbol => ({
    texts,
    walk: new PriceWalk(Number(texts[indexOf("close")]), random),
    day: NaN,
  }));
  if (symbols.length === 0) {
    throw new Failure("rejected", `${inputs[0].name} has no valid row to start from`);
  }
  const tick = (symbol: Symbol): Row => {
    const at = now();
    const day = Math.floor(at / 86_400_000);
    if (day !== symbol.day) symbol.walk.beginDay();
    symbol.day = day;
    symbol.walk.step();
    const row = encodeTexts(schema, rowTexts(schema, symbol, at));
    if (typeof row !== "string") return row;
    throw new Failure("failed", `--mode simulate: a row does not fit the schema: ${row}`);
  };
  return {
    // deno-lint-ignore require-await
    async next(max) {
      const chosen = () => symbols[Math.floor(random() * symbols.length)];
      return Array.from({ length: max }, () => tick(chosen()));
    },
    close: () => {},
  };
}

/** The texts of each symbol's last row, by column. */
async function lastRows(
  inputs: readonly Input[],
  schema: RowSchema,
  { onRejected, signal, format, delimiter, constants, symbolKey = schema.key }: SimulateOptions,
): Promise<Map<string | null, Array<string | undefined>>> {
  const last = new Map<string | null, Uint8Array>();
  const bySymbol = symbolSchema(schema, symbolKey);
  const keys = keyColumns(bySymbol);
  const decoder = new TextDecoder();
  const textsOf = (value: Uint8Array) => {
    const object = JSON.parse(decoder.decode(value)) as Record<string, unknown>;
    return schema.columns.map(({ wire }) =>
      object[wire] === undefined ? undefined : String(object[wire])
    );
  };
  for (const input of inputs) {
    const { name } = input;
    const form = { name, format, delimiter, constants, signal };
    const reader = await RowReader.open(await openInput(input, { signal }), bySymbol, form);
    try {
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        for (const { line, reason } of batch.rejections) onRejected(line, reason, name);
        for (const { key, value } of batch.rows) {
          if (!last.has(key) && last.size === MOST_SYMBOLS) continue;
          last.set(key, value.slice());
        }
      }
    } finally {
      reader.close();
    }
  }
  const rows = [...last.values()].map(textsOf);
  return new Map(rows.map((texts) => [keyText(keys.map((c) => texts[c])), texts]));
}

/** The schema keyed by symbol: without date and timestamp columns, which differ in each row. */
function symbolSchema(schema: RowSchema, key: RowSchema["key"]): RowSchema {
  const isTime = (wire: string) => {
    const type = schema.columns.find((column) => column.wire === wire)?.type;
    return type === "date" || type === "timestamp";
  };
  return { ...schema, key: [key].flat().filter((wire) => !isTime(wire)) };
}

/** A symbol's row of now, in the form that messages have. */
function rowTexts(
  { columns }: RowSchema,
  { texts, walk }: Symbol,
  at: number,
): Array<string | undefined> {
  const ofLast = (name: string) =>
    Number(texts[columns.findIndex((column) => column.name === name)]);
  const inDollars = ofLast("close_usd") / ofLast("close");
  return columns.map(({ name, type, from }, c) => {
    if (from !== undefined) return undefined;
    if (type === "date") return isoDay(Math.floor(at / 86_400_000));
    if (type === "timestamp") return new Date(at).toISOString();
    switch (name) {
      case "open":
        return priceText(walk.open);
      case "high":
        return priceText(walk.high);
      case "low":
        return priceText(walk.low);
      case "close":
      case "adj_close":
        return priceText(walk.price);
      case "close_usd":
        return Number.isFinite(inDollars) ? priceText(walk.price * inDollars) : undefined;
      case "volume":
        return String(walk.volume);
      default:
        return texts[c];
    }
  });
}

/** A price with up to nine significant digits, never with an exponent. */
function priceText(price: number): string {
  return String(Number(price.toPrecision(9)));
}
