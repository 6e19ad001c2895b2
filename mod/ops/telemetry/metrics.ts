import process from "node:process";
import client, { type Counter, type Gauge } from "prom-client";
import type { CommandName } from "../../config/settings.ts";
import type { SinkEvent } from "../../sink/sink_event.ts";
import type { Lag } from "./lag.ts";
import type { ProduceObserver } from "./produce_observer.ts";
import type { Readiness } from "./readiness.ts";
import type { Rejections } from "./rejections.ts";

/** Options of {@linkcode Metrics}: what is asked when someone reads the metrics. */
export interface MetricsOptions {
  command: CommandName;
  version: string;
  lag: Lag;
  rejections: Rejections;
  readiness: Readiness;
}

/** Upper bounds of the flush histogram, in seconds: a local directory to an S3 that hardly answers. */
const FLUSH_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * The metrics of one process, in Prometheus's text form. Names are the log's field names with
 * `ticklake_` before and the unit behind.
 */
export class Metrics implements ProduceObserver {
  readonly #registry = new client.Registry();
  readonly #read = this.#counter("ticklake_read_rows_total", "Rows read", "partition");
  readonly #readBytes = this.#counter("ticklake_read_bytes_total", "Bytes read", "partition");
  readonly #rows = this.#counter("ticklake_rows_total", "Rows in the lake, committed", "partition");
  readonly #bytes = this.#counter("ticklake_bytes_total", "Bytes of those objects", "partition");
  readonly #objects = this.#counter("ticklake_objects_total", "Objects in the lake", "partition");
  readonly #retries = this.#counter(
    "ticklake_retries_total",
    "Retries",
    "what",
  );
  readonly #commits = this.#counter(
    "ticklake_table_commits_total",
    "Commits to the Iceberg table, each with a snapshot",
  );
  readonly #conflicts = this.#counter(
    "ticklake_table_commit_conflicts_total",
    "Commits to the Iceberg table that were repeated as another writer was faster",
  );
  readonly #lost = this.#counter(
    "ticklake_lost_total",
    "Messages that are neither rows nor dead letters: recorded gaps",
    "partition",
  );
  readonly #unknownFields = this.#counter(
    "ticklake_unknown_fields_total",
    "Messages with fields that are not in the schema",
  );
  readonly #sent = this.#counter(
    "ticklake_sent_rows_total",
    "Rows acknowledged by all in-sync replicas",
  );
  readonly #flushSeconds = new client.Histogram({
    name: "ticklake_flush_seconds",
    help: "Time of a flush, from its intent to its commit",
    buckets: FLUSH_SECONDS,
    registers: [this.#registry],
  });
  readonly #buffered = this.#gauge("ticklake_buffered_bytes", "Bytes of unwritten rows");
  readonly #stalled = this.#gauge(
    "ticklake_stalled_partition",
    "1 for a partition that could not be read for a minute",
    "partition",
  );
  readonly #assigned = this.#gauge(
    "ticklake_assigned_partitions",
    "Partitions assigned to this process",
  );

  constructor({ command, version, lag, rejections, readiness }: MetricsOptions) {
    this.#registry.setDefaultLabels({ command });
    this.#gauge("ticklake_build_info", "1, labelled with the version", "version")
      .set({ version }, 1);
    this.#collected(
      this.#gauge("ticklake_ready", "1 while the pipeline is working, else 0"),
      (gauge) => gauge.set(readiness.obstacles.length === 0 ? 1 : 0),
    );
    this.#collected(
      this.#gauge(
        "ticklake_last_commit_age_seconds",
        "Time since the last flush was committed, or since the start",
      ),
      (gauge) => gauge.set(lag.lastCommitAgeSeconds),
    );
    this.#collected(
      this.#gauge("ticklake_lag", "Messages in the topic that are not in the lake", "partition"),
      (gauge) => {
        gauge.reset();
        for (const [partition, messages] of lag.all()) gauge.set({ partition }, messages);
      },
    );
    this.#collected(
      this.#counter("ticklake_rejected_total", "Rows rejected, by kind of reason", "reason"),
      (counter) => {
        counter.reset();
        for (const [reason, count] of rejections.byKind) counter.inc({ reason }, count);
      },
    );
    this.#processMetrics();
  }

  /** Content type of {@linkcode Metrics.text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Names of all metrics. */
  get names(): string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  /** All metrics as they are now. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts what the sink does. */
  event(event: SinkEvent): void {
    switch (event.kind) {
      case "stalled":
        if (event.reason === null) return this.#stalled.remove({ partition: event.partition });
        return this.#stalled.set({ partition: event.partition }, 1);
      case "assigned":
        this.#stalled.reset();
        return this.#assigned.set(event.partitions.length);
      case "read":
        this.#read.inc({ partition: event.partition }, event.rows);
        return this.#readBytes.inc({ partition: event.partition }, event.bytes);
      case "flushed": {
        const { partition, rows, bytes, objects, seconds } = event.flush;
        this.#rows.inc({ partition }, rows);
        this.#bytes.inc({ partition }, bytes);
        this.#objects.inc({ partition }, objects);
        return this.#flushSeconds.observe(seconds);
      }
      case "unknown field":
        return this.#unknownFields.inc();
      case "retried":
        return this.#retries.inc({ what: event.what });
      case "table commit":
        return (event.isTaken ? this.#commits : this.#conflicts).inc();
      case "buffered":
        return this.#buffered.set(event.bytes);
      case "gap": {
        const { partition, first, end } = event.gap;
        return this.#lost.inc({ partition }, end - first);
      }
    }
  }

  sent(rows: number): void {
    this.#sent.inc(rows);
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new client.Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new client.Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A metric whose value is found when someone reads it. */
  #collected<M extends Counter | Gauge>(metric: M, collect: (metric: M) => void): void {
    // prom-client calls the metric's own `collect`; its constructor would set it before `metric` is.
    Object.assign(metric, { collect: () => collect(metric) });
  }

  /** The few of Prometheus's usual process metrics that mean the same in every runtime. */
  #processMetrics(): void {
    this.#gauge("process_start_time_seconds", "Start, seconds since 1970")
      .set((Date.now() - performance.now()) / 1000);
    this.#collected(
      this.#gauge("process_resident_memory_bytes", "Resident memory"),
      (gauge) => gauge.set(Deno.memoryUsage().rss),
    );
    this.#collected(
      this.#counter("process_cpu_seconds_total", "CPU time used, user and system"),
      (counter) => {
        const { user, system } = process.cpuUsage();
        counter.reset();
        counter.inc((user + system) / 1e6);
      },
    );
  }
}
