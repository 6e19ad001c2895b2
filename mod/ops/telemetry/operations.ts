import { countText, numberText } from "../../terminal/amount_text.ts";
import { getLogger } from "@logtape/logtape";
import type { PartitionOffsets } from "../../broker/broker.ts";
import { VERSION } from "../../config/version.ts";
import type { Settings } from "../../config/settings.ts";
import { messageOf } from "../../failure/failure.ts";
import { listeners, type SinkListener } from "../../sink/sink_event.ts";
import { pause } from "../../wait/sleep.ts";
import { startAlerts } from "./alerts.ts";
import { checkWebhook } from "./webhook.ts";
import { eventLog } from "../log/event_log.ts";
import { Lag } from "./lag.ts";
import { parseListenAddress } from "../http/listen_address.ts";
import type { ProduceObserver } from "./produce_observer.ts";
import { Readiness } from "./readiness.ts";
import { Rejections } from "./rejections.ts";

const logger = getLogger(["ticklake", "ops"]);

/** Milliseconds between two questions for the topic's offsets. */
const OFFSETS_EVERY_MS = 10_000;

/** Milliseconds for which a rejected row counts towards `--alert-rejected`. */
const REJECTED_WINDOW_MS = 300_000;

/** Options of {@linkcode startOperations}. */
export interface OperationsOptions {
  command: "consume" | "produce";
  settings: Pick<
    Settings,
    "metrics" | "httpHosts" | "alertWebhook" | "alertLag" | "alertRejected" | "topic" | "group"
  >;
  /**
   * The topic's offsets now, so that lag grows while reading waits. A broker that does not answer makes
   * the process not ready.
   */
  topicOffsets?: (signal: AbortSignal) => Promise<PartitionOffsets[] | null>;
  /** Milliseconds between two questions for them. @default {10_000} */
  offsetsEveryMs?: number;
}

/** Health, metrics, alerts and the event log of a running process. */
export interface Operations {
  /** Listener to the sink's events. */
  readonly onEvent: SinkListener;
  /** Listener to the events of `produce`. */
  readonly produced: ProduceObserver;
  close(): Promise<void>;
}

/**
 * Starts what `--metrics` and `TICKLAKE_ALERT_WEBHOOK` ask for, and the event log. A command gives `onEvent`
 * (or `produced`) to what does the work, and calls `close` when that has ended, however it ended.
 * @throws {Failure} kind `usage` for a wrong address or URL, `failed` when it cannot listen there
 */
export async function startOperations(options: OperationsOptions): Promise<Operations> {
  const { command, settings, topicOffsets } = options;
  const lag = new Lag();
  const rejections = new Rejections(REJECTED_WINDOW_MS);
  const readiness = new Readiness(
    command === "consume" ? "no partition is assigned yet" : "the topic has not been reached yet",
  );
  const told: SinkListener[] = [
    eventLog(),
    (event) => lag.event(event),
    (event) => readiness.event(event),
    (event) => {
      if (event.kind === "rejected") rejections.add(event.reason, event.count);
    },
  ];
  const produceObservers: ProduceObserver[] = [readiness, {
    rejectedRow: (reason) => rejections.add(reason, 1),
  }];
  const closing: Array<() => void | Promise<void>> = [];
  const webhook = settings.alertWebhook === undefined ? null : checkWebhook(settings.alertWebhook);

  if (settings.metrics !== undefined) {
    const address = parseListenAddress(settings.metrics, "--metrics");
    const [{ Metrics }, { openHealthServer }] = await Promise.all([
      import("./metrics.ts"),
      import("./health_server.ts"),
    ]);
    const metrics = new Metrics({ command, version: VERSION, lag, rejections, readiness });
    const server = openHealthServer({
      address,
      metrics,
      readiness,
      hosts: settings.httpHosts?.split(/[\s,]+/),
    });
    if (address.isAnywhere) {
      logger.warn(
        "--metrics {given} without a host is open to everyone who can reach this machine: " +
          "write 127.0.0.1{given}, or 0.0.0.0{given} if that is intended",
        { given: settings.metrics },
      );
    }
    closing.push(server.close);
    told.push((event) => metrics.event(event));
    produceObservers.push(metrics);
    logger.info("metrics and health at {url}", { url: server.url });
  }
  if (webhook !== null) {
    closing.push(startAlerts({
      url: webhook,
      about: about(command, settings),
      watched: [
        {
          alert: "lag",
          limit: settings.alertLag,
          value: () => lag.total,
          describe: (value, limit) =>
            `${countText(value, "message")} not written yet; the limit is ${numberText(limit)}`,
        },
        {
          alert: "rejected",
          limit: settings.alertRejected,
          value: () => rejections.recent,
          describe: (value, limit) =>
            `${countText(value, "row")} rejected in ${
              REJECTED_WINDOW_MS / 60_000
            } minutes; the limit is ${numberText(limit)}`,
        },
      ],
    }));
  }
  if (closing.length > 0 && topicOffsets !== undefined) {
    const { offsetsEveryMs = OFFSETS_EVERY_MS } = options;
    closing.push(follow(topicOffsets, lag, readiness, offsetsEveryMs));
  }
  return {
    onEvent: listeners(...told),
    produced: {
      started: () => produceObservers.forEach((o) => o.started?.()),
      sent: (rows) => produceObservers.forEach((o) => o.sent?.(rows)),
      rejectedRow: (reason) => produceObservers.forEach((o) => o.rejectedRow?.(reason)),
    },
    async close() {
      await Promise.all(closing.splice(0).map((close) => close()));
    },
  };
}

/**
 * Periodically updates `lag` with the topic's end, and `readiness` with whether the broker answers.
 * @returns stops it
 */
function follow(
  topicOffsets: (signal: AbortSignal) => Promise<PartitionOffsets[] | null>,
  lag: Lag,
  readiness: Readiness,
  everyMs: number,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const follow = async () => {
    while (!signal.aborted) {
      await pause(everyMs, signal);
      try {
        lag.topicOffsets(await topicOffsets(signal) ?? []);
        readiness.broker(true);
      } catch (error) {
        if (signal.aborted) return;
        // The last offsets stay.
        logger.warn("the topic's offsets cannot be read: {error}", { error: messageOf(error) });
        readiness.broker(false);
      }
    }
  };
  const following = follow();
  return () => {
    stopping.abort();
    return following;
  };
}

function about(
  command: string,
  { topic, group }: OperationsOptions["settings"],
): Record<string, string> {
  const names = { command, topic, host: Deno.hostname() };
  return command === "consume" ? { ...names, group } : names;
}
