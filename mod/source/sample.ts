import { openInput } from "./open_input.ts";
import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { FileForm } from "./file_form.ts";
import type { Input } from "./input.ts";
import { seededRandom } from "./random.ts";
import { RowIndex } from "./row_index.ts";
import { RowReader } from "./row_reader.ts";
import type { OnRejected, Row } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";
import { spool } from "./spool.ts";

/** Maximum bytes of messages in one group. */
const GROUP_BYTES = 512 * 1024;

/** Options of {@linkcode sample}. */
export interface SampleOptions extends Omit<FileForm, "name"> {
  /** The same seed draws the same rows. @default {a random one} */
  seed?: number;
  /** Called for each broken row of the input, once. */
  onRejected: OnRejected;
  /** Ends the reading of the input. */
  signal?: AbortSignal;
}

/** An input whose rows are known by their places. */
interface Indexed {
  name: string;
  reader: RowReader;
  index: RowIndex;
}

/**
 * Rows drawn at random endlessly, each valid row of the inputs as likely as any other. An input is
 * read once to find where its rows are; a drawn row is then read from there, so that memory does not
 * grow with the input.
 * @throws {Failure} kind `usage`, when a header is not the schema's; `rejected`, when no row is valid
 */
export async function sample(
  given: Input | readonly Input[],
  schema: RowSchema,
  { seed = randomSeed(), onRejected, signal, ...form }: SampleOptions,
): Promise<RowFeed> {
  const inputs = "open" in given ? [given] : given;
  const files: Indexed[] = [];
  const close = () => files.forEach(({ reader }) => reader.close());
  let total = 0;
  try {
    for (const input of inputs) {
      const { name } = input;
      const opened = await openInput(input, { signal });
      const file = input.isSeekable
        ? opened
        : await spool(opened, name, signal).finally(() => opened.close());
      const reader = await RowReader.open(file, schema, { ...form, name, signal });
      const index = new RowIndex();
      files.push({ name, reader, index });
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        for (const offset of batch.offsets) index.add(offset);
        for (const { line, reason } of batch.rejections) onRejected(line, reason, name);
      }
      total += index.count;
    }
    if (total === 0) {
      throw new Failure("rejected", `${inputs[0].name} has no valid row to sample from`);
    }
  } catch (error) {
    close();
    throw error;
  }
  const random = seededRandom(seed);
  const draw = (): Row => {
    let number = Math.floor(random() * total);
    let at = 0;
    while (number >= files[at].index.count) number -= files[at++].index.count;
    const { name, reader, index } = files[at];
    const row = reader.rowAt(index.place(number));
    if (row !== null) return row;
    throw new Failure("failed", `${name} was changed while rows were sampled from it`, {
      fix: "Sample from a copy that does not change.",
    });
  };
  return {
    // deno-lint-ignore require-await
    async next(max) {
      const rows: Row[] = [];
      for (let bytes = 0; rows.length < max && bytes < GROUP_BYTES;) {
        const row = draw();
        bytes += row.value.length;
        rows.push(row);
      }
      return rows;
    },
    close,
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
