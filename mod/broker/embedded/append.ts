import { BLOCK_BYTES, BlockBuilder } from "./block.ts";
import type { LogFile } from "./log_file.ts";

/** A block that is ready to be stored. */
interface SealedBlock {
  partition: number;
  count: number;
  data: Uint8Array;
}

/** Messages for one topic that are stored together. */
export class Append {
  readonly #topic: string;
  readonly #open = new Map<number, BlockBuilder>();
  readonly #sealed: SealedBlock[] = [];
  #byteLength = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** Bytes of the messages so far. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds a message behind the others of its partition. */
  add(partition: number, key: Uint8Array | null, value: string | Uint8Array | null): void {
    let builder = this.#open.get(partition);
    if (builder === undefined) this.#open.set(partition, builder = new BlockBuilder());
    const before = builder.byteLength;
    builder.add(key, value);
    this.#byteLength += builder.byteLength - before;
    if (builder.byteLength >= BLOCK_BYTES) this.#seal(partition, builder);
  }

  #seal(partition: number, builder: BlockBuilder): void {
    if (builder.count === 0) return;
    const { count } = builder;
    this.#sealed.push({ partition, count, data: builder.finish() });
  }

  /** Stores the messages; inside a transaction, which may be repeated. */
  store(file: LogFile): void {
    for (const [partition, builder] of this.#open) this.#seal(partition, builder);
    const select = file.statement("SELECT id, high FROM log WHERE topic = ? AND partition = ?");
    const insert = file.statement(
      "INSERT INTO block (log, first, count, timestamp, data) VALUES (?, ?, ?, ?, ?)",
    );
    const update = file.statement("UPDATE log SET high = ? WHERE id = ?");
    const timestamp = Date.now();
    const logs = new Map<number, { id: number; high: number }>();
    for (const { partition, count, data } of this.#sealed) {
      let log = logs.get(partition);
      if (log === undefined) {
        const row = select.get(this.#topic, partition)!;
        logs.set(partition, log = { id: row.id as number, high: row.high as number });
      }
      insert.run(log.id, log.high, count, timestamp, data);
      log.high += count;
    }
    for (const { id, high } of logs.values()) update.run(high, id);
  }
}
