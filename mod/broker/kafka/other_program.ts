import { getLogger } from "@logtape/logtape";
import type { KafkaConfig } from "kafkajs";
import { Failure } from "../../failure/failure.ts";
import { ASK_DOCTOR } from "../../failure/fix_of.ts";
import { pause } from "../../wait/sleep.ts";
import { listenerUse } from "./explain_connection.ts";
import { listenerFault } from "./listener_fault.ts";
import { type ListenerFinding, probeHttp, probeListener } from "./listener_probe.ts";

/** Milliseconds without an answer after which the listeners are probed. */
const DOUBT_MS = 250;

/**
 * Milliseconds for each probe, twice what one of its requests may take. A listener that is too far
 * away or too busy for the first probe is probed again.
 */
const PROBES_MS = [500, 1000, 2000, 4000];

/** Milliseconds for the probe after a failed start, when nothing else waits. */
const LAST_PROBE_MS = 2000;

/**
 * Milliseconds after which a warning says that a listener accepts connections but does not answer.
 * The first probe fits into them; with TLS it takes 250 more. It is only a warning: a broker across
 * a WAN, with TLS and a login, may take longer, and gets the start's full time (cluster.ts).
 */
const SILENCE_MS = 1000;

const logger = getLogger(["ticklake", "kafka"]);

/** Options of {@linkcode neverBroker}. */
export interface DoubtOptions {
  /** Aborted once a broker has answered. */
  signal: AbortSignal;
  /**
   * Closes the connections that wait for a response; their owner reopens them.
   * @returns `false`, without closing anything, if a broker has answered meanwhile
   */
  yieldTurn(): boolean;
}

/**
 * Probes the bootstrap servers if no broker has answered for a moment. If they only accept
 * connections, it warns: that may be a slow broker, so the caller keeps waiting.
 * @throws {Failure} kind `service`, if none is a broker's listener; otherwise it never settles
 */
export async function neverBroker(
  config: KafkaConfig,
  { signal, yieldTurn }: DoubtOptions,
): Promise<never> {
  const begin = performance.now();
  await pause(DOUBT_MS, signal);
  for (const ms of PROBES_MS) {
    if (signal.aborted) break;
    let findings = await probeAll(config, ms);
    if (signal.aborted || findings.some(({ state }) => state === "kafka")) break;
    if (findings.some(({ state }) => state === "silent")) {
      // A server that handles one connection at a time answers none until our waiting one is
      // closed.
      if (!yieldTurn()) break;
      findings = await probeSilent(config, findings, ms / 2);
    }
    if (signal.aborted) break;
    const failure = faultOf(config, findings, isAnother);
    if (failure !== undefined) throw failure;
    const silent = findings.findIndex(({ state }) => state === "silent");
    if (silent < 0) continue;
    await pause(Math.max(0, SILENCE_MS - (performance.now() - begin)), signal);
    if (!signal.aborted) warnOfSilence((config.brokers as string[])[silent]);
    break;
  }
  return await new Promise<never>(() => {});
}

function warnOfSilence(server: string): void {
  logger.warn(
    "{server} accepts the connection, but has not answered for {seconds} s: is it a Kafka broker's listener? Waiting for it",
    { server, seconds: SILENCE_MS / 1000, fix: ASK_DOCTOR },
  );
}

/**
 * The fault of the bootstrap servers, if none of them has answered like a broker.
 * @returns `undefined` if nothing is known except that a server is unreachable
 */
export async function otherProgram(config: KafkaConfig): Promise<Failure | undefined> {
  return faultOf(
    config,
    await probeAll(config, LAST_PROBE_MS),
    (finding) => isAnother(finding) || finding.state === "silent",
  );
}

/** Checks whether the silent servers are HTTP servers. */
function probeSilent(
  config: KafkaConfig,
  findings: readonly ListenerFinding[],
  timeoutMs: number,
): Promise<ListenerFinding[]> {
  return Promise.all(findings.map(async (finding, index) => {
    const server = (config.brokers as string[])[index];
    return finding.state === "silent" ? await probeHttp(server, timeoutMs) : finding;
  }));
}

function probeAll(config: KafkaConfig, timeoutMs: number): Promise<ListenerFinding[]> {
  const { options: tls } = listenerUse(config);
  return Promise.all(
    (config.brokers as string[]).map((server) => probeListener(server, { tls, timeoutMs })),
  );
}

/** The failure for the first server, if `isWrong` holds for all of them. */
function faultOf(
  config: KafkaConfig,
  findings: readonly ListenerFinding[],
  isWrong: (finding: ListenerFinding) => boolean,
): Failure | undefined {
  const [first] = findings;
  if (first === undefined || !findings.every(isWrong)) return undefined;
  const fault = listenerFault(first, listenerUse(config))!;
  return new Failure("service", `Kafka at ${(config.brokers as string[])[0]} ${fault.problem}`, {
    fix: fault.fix,
  });
}

/** Whether waiting is pointless: it is another program, or another kind of listener. */
function isAnother({ state }: ListenerFinding): boolean {
  return state === "not-kafka" || state === "controller" || state === "wants-tls" ||
    state === "no-tls";
}
