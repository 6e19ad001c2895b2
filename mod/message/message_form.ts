import type { MessageCheck } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import { messageCheck } from "./message_check.ts";

/** Findings of a check. */
export interface CheckListener {
  /** A message has a field that the table's schema does not know; `name` is the first of them. */
  onUnknown(name: string): void;
  /** What people should know of the schema that messages were written by, once. */
  note(text: string): void;
}

/** Options of {@linkcode MessageForm.prepare}. */
export interface PrepareOptions {
  signal: AbortSignal;
  /** Milliseconds of failing after which it gives up. @default {Infinity} */
  patienceMs?: number;
  /** Called for each failed attempt; `null` when it works again. */
  onTrouble?(reason: string | null): void;
}

/** The schema that a topic's messages are written by, as far as it is known before any is read. */
export interface WriterSchema {
  /** For people: `schema 7 of subject quotes-value`, or the file's path. */
  name: string;
  /** Why no message of it can be a row of the table, a sentence each; empty if some can. */
  misfits(schema: RowSchema): string[];
}

/** How the messages of a topic are read. */
export interface MessageForm {
  /** Whether messages are JSON without a frame, so that the reader may take them from their bytes. */
  readonly isPlainJson: boolean;
  /** What decides about messages. */
  check(schema: RowSchema, listener?: Partial<CheckListener>): MessageCheck;
  /**
   * A message's fields as JSON, for the user; `undefined` if it cannot be read. Absent where messages are
   * text already.
   */
  text?(value: Uint8Array): string | undefined;
  /**
   * Fetches what messages need before they are checked, and tries again as long as it cannot be had.
   * Absent, or without a promise, where nothing has to be waited for.
   * @throws {Failure} kind `service`, when the patience is over
   * @throws the signal's reason
   */
  prepare?(
    values: Iterable<Uint8Array | null>,
    options: PrepareOptions,
  ): Promise<void> | undefined;
  /**
   * The newest schema of the topic's messages; `undefined` if there is none or it cannot be used.
   * Absent where messages have none.
   * @throws {Failure} kind `service`
   */
  writer?(topic: string, signal: AbortSignal): Promise<WriterSchema | undefined>;
}

/** JSON objects, the form without a schema. */
export const JSON_FORM: MessageForm = {
  isPlainJson: true,
  check: (schema, { onUnknown } = {}) => messageCheck(schema, onUnknown),
};
