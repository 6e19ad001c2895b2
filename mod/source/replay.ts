import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Input } from "./input.ts";
import { type RowBatch, RowReader } from "./row_reader.ts";
import type { OnRejected } from "./source_row.ts";
import type { RowFeed } from "./row_feed.ts";

/** Options of {@linkcode replay}. */
export interface ReplayOptions {
  /** Begin again at the end of the file. @default {false} */
  loop?: boolean;
  /** Told of each broken row, in every round. */
  onRejected: OnRejected;
  /** Ends the waiting for bytes; `next` then throws its reason. */
  signal?: AbortSignal;
}

/**
 * The rows of an input in its order.
 * @throws {Failure} kind `usage`, when the header is not the schema's or the input cannot be read twice
 */
export async function replay(
  input: Input,
  schema: RowSchema,
  { loop = false, onRejected, signal }: ReplayOptions,
): Promise<RowFeed> {
  if (loop && !input.isFile) {
    throw new Failure("usage", `--loop: ${input.description} can be read only once`, {
      fix: "Name a file with --input, or leave --loop out.",
    });
  }
  const { name } = input;
  const open = async () => RowReader.open(await input.open(), schema, { name, signal });
  let reader = await open();
  let batch: RowBatch = { rows: [], offsets: [], rejections: [] };
  let at = 0;
  let rejected = 0;
  /** Rows of this round. */
  let count = 0;
  /** Tells of the broken rows of the batch that stand before its `end`-th row. */
  const report = (end: number) => {
    const { rejections } = batch;
    for (; rejected < rejections.length && rejections[rejected].after < end; rejected++) {
      onRejected(rejections[rejected].line, rejections[rejected].reason);
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
        if (!loop) return null;
        if (count === 0) throw new Failure("failed", `--loop: ${name} has no valid row`);
        count = 0;
        reader.close();
        reader = await open();
      }
      const part = batch.rows.slice(at, at + max);
      at += part.length;
      report(at);
      return part;
    },
    close: () => reader.close(),
  };
}
