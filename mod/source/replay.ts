import { openInput } from "./open_input.ts";
import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { FileForm } from "./file_form.ts";
import type { Input } from "./input.ts";
import { type RowBatch, RowReader } from "./row_reader.ts";
import type { OnRejected } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";

/** Options of {@linkcode replay}. */
export interface ReplayOptions extends Omit<FileForm, "name"> {
  /** Begin again at the end of the last file. @default {false} */
  loop?: boolean;
  /** Called for each broken row, in every round. */
  onRejected: OnRejected;
  /** Ends the waiting for bytes; `next` then throws its reason. */
  signal?: AbortSignal;
  /** Called for bytes that were read of a file, before they are decompressed; see {@linkcode Input.bytes}. */
  onRead?(bytes: number): void;
}

const NOTHING: RowBatch = { rows: [], offsets: [], rejections: [] };

/**
 * The rows of inputs in their order, one input after the other. The headers of several files are all
 * looked at first, so that a wrong one is found before a row is sent.
 * @throws {Failure} kind `usage`, when a header is not the schema's or the input cannot be read twice
 */
export async function replay(
  given: Input | readonly Input[],
  schema: RowSchema,
  { loop = false, onRejected, signal, onRead, ...form }: ReplayOptions,
): Promise<RowFeed> {
  const inputs = "open" in given ? [given] : given;
  const pipe = inputs.find(({ isFile }) => !isFile);
  if (loop && pipe !== undefined) {
    throw new Failure("usage", `--loop: ${pipe.description} can be read only once`, {
      fix: "Name a file with --input, or omit --loop.",
    });
  }
  const open = async (input: Input, onRead?: (bytes: number) => void) => {
    const file = await openInput(input, { signal, onRead });
    return await RowReader.open(file, schema, { ...form, name: input.name, signal });
  };
  for (const input of inputs.slice(1)) (await open(input)).close();
  let number = 0;
  let reader = await open(inputs[0], onRead);
  let batch = NOTHING;
  let at = 0;
  let rejected = 0;
  /** Rows of this round. */
  let count = 0;
  /** Reports the broken rows of the batch before its `end`-th row. */
  const report = (end: number) => {
    const { rejections } = batch;
    for (; rejected < rejections.length && rejections[rejected].after < end; rejected++) {
      const { line, reason } = rejections[rejected];
      onRejected(line, reason, inputs[number].name);
    }
  };
  return {
    async next(max) {
      while (at === batch.rows.length) {
        report(Infinity);
        const next = await reader.next();
        if (next !== null) {
          batch = next;
          at = rejected = 0;
          count += batch.rows.length;
          continue;
        }
        batch = NOTHING;
        at = rejected = 0;
        if (number === inputs.length - 1) {
          if (!loop) return null;
          if (count === 0) {
            throw new Failure("failed", `--loop: ${inputs[0].name} has no valid row`);
          }
          count = 0;
        }
        number = (number + 1) % inputs.length;
        reader.close();
        reader = await open(inputs[number], onRead);
      }
      const part = batch.rows.slice(at, at + max);
      at += part.length;
      report(at);
      return part;
    },
    close: () => reader.close(),
  };
}
