import { countText } from "../terminal/amount_text.ts";
import { batchValues } from "../broker/batch_values.ts";
import type {
  AssignedPartition,
  Broker,
  ConsumeOptions,
  ConsumerHandler,
  LogIdentity,
  OpenTransaction,
  PartitionOffsets,
  PartitionStall,
  RecordBatch,
  UnreadableBatch,
} from "../broker/broker.ts";
import { Failure } from "../failure/failure.ts";
import { type Encoder, startEncoder } from "../lake/format/encoder.ts";
import type { Compression } from "../lake/format/compression.ts";
import type { LakeFormat } from "../lake/format/lake_format.ts";
import type { LakeStore } from "../lake/store.ts";
import type { Table, TableLog, TablePosition } from "../table/table.ts";
import { JSON_FORM, type MessageForm } from "../message/message_form.ts";
import { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import { Bell } from "../wait/bell.ts";
import { EncodeQueue } from "./encode_queue.ts";
import type { FlushPolicy } from "./flush_policy.ts";
import { Layouts } from "./layouts.ts";
import { MemoryLedger } from "./memory_ledger.ts";
import type { RowListener } from "./open_range.ts";
import { logWriter } from "./log_writer.ts";
import { PartitionSink, type SinkParts } from "./partition_sink.ts";
import { startingPoint } from "./starting_point.ts";
import { openTransactionText } from "./open_transaction_text.ts";
import { listeners, type SinkListener } from "./sink_event.ts";
import { unreadableDetails } from "./unreadable_details.ts";
import { Uploader } from "./uploader.ts";

/** Options of {@linkcode runSink}. */
export interface SinkOptions {
  broker: Broker;
  store: LakeStore;
  /** The table that the ranges are committed to; its objects are in the store. */
  table: Table;
  topic: string;
  group: string;
  /** Whether this group takes the log over from the one that has written it so far. @default {false} */
  takeOver?: boolean;
  from: ConsumeOptions["from"];
  schema: RowSchema;
  /** @default {one of its own, in a thread, which is closed afterwards} */
  encoder?: Encoder;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
  format: LakeFormat;
  /** Specification of the Hive partitions, see `Partitioning`. */
  partitionBy: string;
  /** Compression of the objects. @default {the format's} */
  compression?: Compression;
  policy: FlushPolicy;
  /** Memory limit in bytes for unwritten messages, rows and objects. */
  maxMemoryBytes: number;
  /** End once everything that was in the topic at the start is written. @default {false} */
  untilEnd?: boolean;
  onEvent: SinkListener;
  onRow?: RowListener;
  /** Ends the sink: what was read is written, then it leaves the group. */
  signal: AbortSignal;
}

/** The summary of a sink's work. */
export interface SinkSummary {
  /** Messages read, minus those that were given back to the group unwritten. */
  read: number;
  /** Rows in the lake. */
  written: number;
  /** Messages in the dead letters. */
  rejected: number;
  /** Objects written. */
  objects: number;
  /** Bytes of those objects. */
  bytes: number;
  /** Messages that are neither rows nor dead letters: recorded gaps. */
  lost: number;
}

/** Milliseconds that writing may take after the signal; then it is left to the next start. */
const FINISH_MS = 20_000;

/**
 * Milliseconds of failures after which a run with `untilEnd` gives up; one without it never does.
 */
const UNTIL_END_PATIENCE_MS = 300_000;

/** Age in milliseconds up to which an open transaction only delays a run with `untilEnd`. */
const USUAL_TRANSACTION_MS = 60_000;

/**
 * Sealed and unwritten bytes of a partition at which reading it pauses. Two ranges of the default
 * size: one is written while the next is encoded; more would only take memory.
 */
const MOST_AHEAD_BYTES = 20 * 2 ** 20;

/** The same as a number of ranges, so that small ones can all be written before the end. */
const MOST_AHEAD = 8;

/**
 * Fraction of the memory limit for rows and objects. The rest is for what cannot be counted:
 * incoming messages, the range that is being encoded, requests, and what the allocator does not
 * return. Measured with 64 partitions, a thousand Hive partitions and S3 unavailable.
 */
const HELD_SHARE = 1 / 2;

/** Fraction of the memory limit for encoded objects until they are uploaded. */
const ENCODED_SHARE = 1 / 8;

/** Milliseconds between two checks of what is due and of the group's progress. */
const LONGEST_TICK_MS = 500;

/**
 * Writes a topic to the lake, each offset exactly once, until the signal aborts (or, with
 * `untilEnd`, until everything that was there is written).
 * @param summary kept up to date, even if this throws
 * @throws {Failure} what ended it; nothing is lost, and the next start continues from there
 */
export async function runSink(options: SinkOptions, summary: SinkSummary): Promise<void> {
  const { broker, topic, schema, format, partitionBy, compression, untilEnd = false } = options;
  const layouts = await Layouts.of(schema, format, partitionBy, compression);
  const leaderless: number[] = [];
  const ends = untilEnd
    ? await broker.topicOffsets(topic, {
      signal: options.signal,
      leaderless: (partitions) => leaderless.push(...partitions),
    })
    : null;
  const encoder = options.encoder ?? startEncoder();
  try {
    const sink = new Sink(options, layouts, encoder, ends, summary);
    // Refused before joining the group. The broker reports a missing topic.
    const identity = await broker.log(topic, { signal: options.signal });
    if (identity !== null) await sink.logOf(identity, options.signal);
    await sink.run();
  } finally {
    if (options.encoder === undefined) encoder.close();
  }
  if (leaderless.length > 0) throw notRead(topic, leaderless);
}

/** All other partitions were read to their end. */
function notRead(topic: string, leaderless: number[]): Failure {
  const partitions = leaderless.join(", ");
  return new Failure(
    "service",
    `${topic}: partition ${partitions} has no leader and was not read`,
    { fix: "Start the brokers that host it, then run this again: it resumes where it stopped." },
  );
}

/** An empty summary. */
export function emptySummary(): SinkSummary {
  return { read: 0, written: 0, rejected: 0, objects: 0, bytes: 0, lost: 0 };
}

class Sink implements ConsumerHandler {
  readonly #options: SinkOptions;
  readonly #form: MessageForm;
  readonly #parts: SinkParts;
  readonly #ends: PartitionOffsets[] | null;
  readonly #summary: SinkSummary;
  readonly #ledger: MemoryLedger;
  /** The log of the last assignment. */
  #log: TableLog | undefined;
  /** Ends the consumption. */
  readonly #end = new AbortController();
  #partitions = new Map<number, PartitionSink>();
  #failure: { error: unknown } | undefined;
  #finishing = false;
  /**
   * Whether there was an assignment: before the first, the group's offsets were not compared with
   * the table.
   */
  #wasAssigned = false;

  constructor(
    options: SinkOptions,
    layouts: Layouts,
    encoder: Encoder,
    ends: PartitionOffsets[] | null,
    summary: SinkSummary,
  ) {
    const { topic, schema, policy, store, maxMemoryBytes, onRow, form = JSON_FORM } = options;
    this.#options = options;
    this.#form = form;
    this.#ends = ends;
    this.#summary = summary;
    const tell = listeners(options.onEvent, (event) => {
      switch (event.kind) {
        case "read":
          summary.read += event.messages;
          break;
        case "gave back":
          summary.read -= event.messages;
          break;
        case "flushed":
          summary.written += event.flush.rows;
          summary.rejected += event.flush.rejected;
          summary.objects += event.flush.objects;
          summary.bytes += event.flush.bytes;
          break;
        case "gap":
          summary.lost += event.gap.end - event.gap.first;
      }
    });
    this.#ledger = new MemoryLedger(
      { held: maxMemoryBytes * HELD_SHARE, encoded: maxMemoryBytes * ENCODED_SHARE },
      (bytes) => tell({ kind: "buffered", bytes }),
    );
    const patienceMs = ends === null ? Infinity : UNTIL_END_PATIENCE_MS;
    this.#parts = {
      topic,
      schema,
      layouts,
      policy,
      reader: new MessageReader(
        schema,
        form.check(schema, {
          onUnknown: (name) => tell({ kind: "unknown field", name }),
          note: (text) => tell({ kind: "notice", text }),
        }),
        form.isPlainJson,
      ),
      encoder,
      encodings: new EncodeQueue(this.#ledger),
      uploader: new Uploader({ store, tell, patienceMs }),
      ledger: this.#ledger,
      tell,
      onRow,
      failed: (error) => this.#fail(error),
      progressed: () => this.#progressed.ring(),
    };
  }

  readonly #progressed = new Bell();

  async run(): Promise<void> {
    const { broker, topic, group, from, signal } = this.#options;
    const stop = () => this.#finish();
    signal.addEventListener("abort", stop, { once: true });
    const tickMs = Math.min(LONGEST_TICK_MS, Math.max(20, this.#options.policy.intervalMs / 10));
    const timer = setInterval(() => this.#tick(), tickMs);
    const following = this.#ends === null ? undefined : this.#followEnd();
    try {
      if (signal.aborted) return;
      await broker.consume({ topic, group, from, handler: this, signal: this.#end.signal });
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      clearInterval(timer);
      signal.removeEventListener("abort", stop);
      this.#end.abort();
      await following;
      await this.#release();
      await this.#late;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Opens the log in the table. @throws {Failure} kind `usage`, when the table refuses it */
  async logOf({ cluster, topicId }: LogIdentity, signal: AbortSignal): Promise<TableLog> {
    const { table, topic } = this.#options;
    const { uploader, tell } = this.#parts;
    const known = this.#log?.name;
    if (known?.cluster === cluster && known.topicId === topicId) return this.#log!;
    const name = { topic, cluster, topicId };
    const writer = logWriter(this.#options);
    this.#log = await uploader.persist("take", () => table.log(name, writer, { signal }), signal);
    for (const text of this.#log.notices) tell({ kind: "notice", text });
    return this.#log;
  }

  stalled(partition: number, stall: PartitionStall | null): void {
    this.#parts.tell({ kind: "stalled", partition, reason: stall?.reason ?? null });
  }

  waiting(partition: number, transaction: OpenTransaction): void {
    const ageMs = Date.now() - transaction.sinceMs;
    if (this.#ends === null && ageMs < USUAL_TRANSACTION_MS) return;
    const text = openTransactionText(this.#options.topic, partition, transaction, ageMs);
    this.#parts.tell({ kind: "notice", text });
  }

  async assigned(partitions: AssignedPartition[]): Promise<void> {
    await this.#release();
    if (this.#finishing) return;
    const sinks = partitions.length === 0 ? [] : await this.#begin(partitions);
    this.#parts.tell({ kind: "assigned", partitions: sinks.map(({ partition }) => partition) });
    for (const sink of sinks) sink.tellPosition();
    this.#wasAssigned = true;
    this.#parts.progressed();
  }

  async #begin(partitions: AssignedPartition[]): Promise<PartitionSink[]> {
    const [{ log: identity, lost }] = partitions;
    const signal = AbortSignal.any([lost, this.#end.signal]);
    const log = await this.logOf(identity, signal);
    const owned = partitions.map(({ partition }) => partition);
    const positions = await this.#parts.uploader
      .persist("take", () => log.positions(owned, { signal }), signal);
    const { topic, from } = this.#options;
    const { key } = log;
    const highs = await this.#endsNow(partitions, positions, signal);
    const points = partitions.map((assigned) => {
      const position = positions.get(assigned.partition);
      const high = highs.get(assigned.partition) ?? assigned.offsets.high;
      const begun = log.begun(assigned.partition);
      return startingPoint({ assigned, position, begun, high, from, topic, key });
    });
    await Promise.all(partitions.map(async (assigned, i) => {
      const { next, epoch = assigned.epochBefore(next) } = points[i];
      if (epoch !== undefined) await assigned.confirm(next, epoch);
    }));
    const beyond = new Map(
      points.flatMap(({ sweep, first }, i) => sweep ? [[owned[i], first] as const] : []),
    );
    await this.#parts.uploader.persist("take", () => log.sweep(beyond, { signal }), signal);
    const sinks = partitions.map((assigned) => {
      const end = this.#ends?.find(({ partition }) => partition === assigned.partition);
      // A partition that was added later has nothing that was there at the start.
      const stop = this.#ends === null ? Infinity : end?.high ?? assigned.start;
      return new PartitionSink(assigned, log, this.#parts, stop);
    });
    this.#partitions = new Map(sinks.map((sink) => [sink.partition, sink]));
    await Promise.all(sinks.map((sink, i) => sink.begin(points[i])));
    this.#late = this.#removeLate(log, signal);
    return sinks;
  }

  /** The removal of late objects since the last assignment. */
  #late: Promise<void> | undefined;

  /** Concurrent with reading, as listing a large table takes long. */
  async #removeLate(log: TableLog, signal: AbortSignal): Promise<void> {
    if (log.removeLate === undefined) return;
    try {
      await this.#parts.uploader.persist("take", () => log.removeLate!({ signal }), signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /**
   * The partitions' ends, requested again if the table's position is beyond that of the assignment:
   * another group of an Iceberg table, or a former owner, may have written what has been sent
   * since.
   */
  async #endsNow(
    partitions: readonly AssignedPartition[],
    positions: ReadonlyMap<number, TablePosition>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, number>> {
    const { broker, topic } = this.#options;
    const isBeyond = partitions.some(({ partition, offsets }) =>
      (positions.get(partition)?.end ?? 0) > offsets.high
    );
    if (!isBeyond) return new Map();
    const now = await broker.topicOffsets(topic, { signal }) ?? [];
    return new Map(now.map(({ partition, high }) => [partition, high]));
  }

  async batch(batch: RecordBatch): Promise<void> {
    const sink = this.#partitions.get(batch.partition)!;
    if (this.#form.prepare !== undefined && !await this.#prepare(batch, sink)) return;
    for (let i = 0; i < batch.count;) {
      // What arrives after the end was requested is left to the next start.
      if (this.#finishing) return;
      i = sink.accept(batch, i);
      this.#relieve();
      if (sink.isUnsettled) await sink.settled();
      // Memory of what is being uploaded will be released; the rest only by reading on.
      const isWriting = () => this.#partitions.values().some((sink) => sink.waiting > 0);
      await this.#ledger.waitWhile(
        () =>
          sink.sealedBytes > MOST_AHEAD_BYTES || sink.waiting > MOST_AHEAD ||
          (this.#ledger.full && isWriting()),
        this.#end.signal,
      );
    }
  }

  /**
   * Waits for what the messages are decoded with. @returns false if the batch can no longer be read
   */
  async #prepare(batch: RecordBatch, { partition, lost }: PartitionSink): Promise<boolean> {
    const signal = AbortSignal.any([lost, this.#end.signal]);
    try {
      await this.#form.prepare!(batchValues(batch), {
        signal,
        patienceMs: this.#ends === null ? Infinity : UNTIL_END_PATIENCE_MS,
        onTrouble: (reason) => this.#parts.tell({ kind: "stalled", partition, reason }),
      });
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
      return false;
    }
    return !signal.aborted;
  }

  skipped(partition: number, nextOffset: number): void {
    if (!this.#finishing) this.#partitions.get(partition)!.skip(nextOffset);
  }

  async gap(partition: number, _from: number, to: number): Promise<void> {
    if (!this.#finishing) await this.#partitions.get(partition)!.gap(to, "retention");
  }

  async unreadable(partition: number, batch: UnreadableBatch): Promise<void> {
    if (this.#finishing) return;
    const sink = this.#partitions.get(partition)!;
    await sink.gap(batch.end, "unreadable", unreadableDetails(batch));
  }

  retried(what: "commit", error: unknown): void {
    this.#parts.tell({ kind: "retried", what, error });
  }

  /** If much is held, seals the largest open ranges to free memory. */
  #relieve(): void {
    while (this.#ledger.tight) {
      let open = 0;
      let largest: PartitionSink | undefined;
      for (const sink of this.#partitions.values()) {
        open += sink.openBytes;
        if (sink.openBytes > (largest?.openBytes ?? 0)) largest = sink;
      }
      // The rest is being uploaded.
      if (largest === undefined || open < this.#ledger.limit / 4) return;
      const before = largest.openBytes;
      largest.seal();
      if (largest.openBytes === before) return;
    }
  }

  #tick(): void {
    const now = performance.now();
    for (const sink of this.#partitions.values()) sink.sealIfDue(now);
  }

  /**
   * Ends the sink once everything that was in the topic at the start is written, by any member of
   * the group.
   */
  async #followEnd(): Promise<void> {
    this.#end.signal.addEventListener("abort", () => this.#progressed.ring());
    while (!this.#end.signal.aborted) {
      const since = this.#progressed.rings;
      try {
        if (await this.#isEndReached()) {
          await this.#late;
          return this.#finish();
        }
      } catch (error) {
        return this.#fail(error);
      }
      await this.#progressed.wait({ since, timeoutMs: LONGEST_TICK_MS });
    }
  }

  async #isEndReached(): Promise<boolean> {
    if (!this.#wasAssigned) return false;
    const { broker, topic, group } = this.#options;
    const others: PartitionOffsets[] = [];
    for (const end of this.#ends!) {
      const own = this.#partitions.get(end.partition);
      if (own === undefined) others.push(end);
      else if (!own.isFinished) return false;
    }
    if (others.length === 0) return true;
    const committed = new Map<number, number>();
    for (const { partition, offset } of await broker.groupOffsets(group, topic)) {
      committed.set(partition, offset ?? -1);
    }
    const unfinished = others.filter(({ partition, high }) =>
      (committed.get(partition) ?? -1) < high
    );
    this.#tellWaiting(unfinished.map(({ partition }) => partition));
    return unfinished.length === 0;
  }

  /** Partitions of other members that it waits for, as last reported. */
  #waitingFor = "";

  #tellWaiting(partitions: number[]): void {
    const told = this.#waitingFor;
    this.#waitingFor = partitions.join(", ");
    if (partitions.length === 0 || this.#waitingFor === told) return;
    this.#parts.tell({ kind: "waiting", partitions });
  }

  /** Writes what was read, then ends the consumption. */
  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    const sinks = [...this.#partitions.values()];
    for (const sink of sinks) sink.seal();
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), FINISH_MS);
    const settled = Promise.all(sinks.map((sink) => sink.settled()));
    if (await Promise.race([settled, late]) === "late") {
      const held = sinks.reduce((sum, sink) => sum + sink.held, 0);
      this.#failure ??= {
        error: new Failure(
          "service",
          `stopped before ${countText(held, "message")} could be written (still in the topic): ` +
            (this.#parts.uploader.trouble ??
              `the lake or the broker did not accept them within ${FINISH_MS / 1000} s`),
          { fix: "Nothing is lost: the next consume of this group writes them." },
        ),
      };
    }
    clearTimeout(timer);
    this.#end.abort();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#finishing = true;
    this.#end.abort();
  }

  /** Gives what is held from former assignments back to the group. */
  async #release(): Promise<void> {
    const sinks = [...this.#partitions.values()];
    this.#partitions.clear();
    for (const sink of sinks) sink.drop();
    await Promise.all(sinks.map((sink) => sink.settled()));
  }

  /** The group rebalances: writes what was read while it can still be committed. */
  async revoking(): Promise<void> {
    const sinks = [...this.#partitions.values()];
    for (const sink of sinks) sink.seal();
    await Promise.all(sinks.map((sink) => sink.settled()));
  }
}
