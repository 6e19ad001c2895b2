import type { Encoder } from "../lake/format/encoder.ts";
import type { LakeStore } from "../lake/store.ts";
import type { MessageForm } from "../message/message_form.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Layout } from "../sink/layouts.ts";
import type { TableLog, TablePosition } from "../table/table.ts";

/** Options of a replay of dead letters. */
export interface ReplayOptions {
  store: LakeStore;
  log: TableLog;
  /** How far the table is, by partition: anything beyond belongs to a flush in progress and is left alone. */
  positions: ReadonlyMap<number, TablePosition>;
  schema: RowSchema;
  reader: MessageReader;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
  layout: Layout;
  encoder: Encoder;
  topic: string;
  /** Only this partition. @default {all} */
  partition?: number;
  /** Only of this day, `YYYY-MM-DD`. @default {all} */
  day?: string;
  dryRun: boolean;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What a replay came to. */
export interface ReplaySummary {
  /** Dead letters that were looked at. */
  letters: number;
  /** Of these, those that are rows now. */
  rows: number;
  /** Objects with rows that were written. */
  objects: number;
}
