import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Input } from "./input.ts";
import { seededRandom } from "./random.ts";
import { RowIndex } from "./row_index.ts";
import { RowReader } from "./row_reader.ts";
import type { OnRejected, Row } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";
import { spool } from "./spool.ts";

/** Most bytes of messages in one group. */
const GROUP_BYTES = 512 * 1024;

/** Options of {@linkcode sample}. */
export interface SampleOptions {
  /** The same seed draws the same rows. @default {a random one} */
  seed?: number;
  /** Told of each broken row of the input, once. */
  onRejected: OnRejected;
  /** Ends the reading of the input. */
  signal?: AbortSignal;
}

/**
 * Rows drawn at random without end, each valid row of the input as likely as any other. The input is
 * read once to find where its rows are; a drawn row is then read from there, so that memory does not
 * grow with the input.
 * @throws {Failure} kind `usage`, when the header is not the schema's; `failed`, when no row is valid
 */
export async function sample(
  input: Input,
  schema: RowSchema,
  { seed = randomSeed(), onRejected, signal }: SampleOptions,
): Promise<RowFeed> {
  const { name } = input;
  const opened = await input.open();
  const file = input.isFile ? opened : await spool(opened, name, signal).finally(opened.close);
  const reader = await RowReader.open(file, schema, { name, signal });
  const index = new RowIndex();
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (const offset of batch.offsets) index.add(offset);
      for (const { line, reason } of batch.rejections) onRejected(line, reason);
    }
    if (index.count === 0) throw new Failure("failed", `${name} has no valid row to draw from`);
  } catch (error) {
    reader.close();
    throw error;
  }
  const random = seededRandom(seed);
  return {
    // deno-lint-ignore require-await
    async next(max) {
      const rows: Row[] = [];
      for (let bytes = 0; rows.length < max && bytes < GROUP_BYTES;) {
        const row = reader.rowAt(index.place(Math.floor(random() * index.count)));
        if (row === null) {
          throw new Failure("failed", `${name} was changed while rows were drawn from it`, {
            fix: "Draw from a copy that stays as it is.",
          });
        }
        bytes += row.value.length;
        rows.push(row);
      }
      return rows;
    },
    close: () => reader.close(),
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
