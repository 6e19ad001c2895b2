import type { StatementSync } from "node:sqlite";
import type { LogIdentity } from "../broker.ts";

/*
 * Which log a topic is. Everything here runs inside a transaction, `identify` inside one that writes.
 */

/** The log's file, as far as it is needed here. */
interface Statements {
  statement(sql: string): StatementSync;
}

/** A new id, as SQL: 16 random bytes in hexadecimal. */
const NEW_ID = "lower(hex(randomblob(16)))";

/**
 * Gives the file and its topics ids where they have none: the file's own is under the empty name.
 * Files of release 0.1.0 get theirs when they are first opened, and 0.1.0 continues working with them.
 */
export const IDENTIFY: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS identity (
    topic TEXT PRIMARY KEY,
    id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `INSERT OR IGNORE INTO identity VALUES ('', ${NEW_ID})`,
  `INSERT OR IGNORE INTO identity
    SELECT topic, ${NEW_ID} FROM (SELECT DISTINCT topic FROM log)`,
];

/** Gives a topic an id unless it has one, as one that 0.1.0 has just created has none. */
export function identify(file: Statements, topic: string): LogIdentity {
  file.statement(`INSERT OR IGNORE INTO identity VALUES (?, ${NEW_ID})`).run(topic);
  return readIdentity(file, topic)!;
}

/** A topic's log; `null` if the topic has no id. */
export function readIdentity(file: Statements, topic: string): LogIdentity | null {
  const select = file.statement("SELECT id FROM identity WHERE topic = ?");
  const id = (topic: string) => select.get(topic)?.id as string | undefined;
  const topicId = id(topic);
  return topicId === undefined ? null : { cluster: id("")!, topicId };
}
