import { getLogger } from "@logtape/logtape";
import type { KafkaConfig } from "kafkajs";
import { Failure } from "../../failure/failure.ts";
import { pause } from "../../wait/sleep.ts";
import { listenerUse } from "./explain_connection.ts";
import { listenerFault } from "./listener_fault.ts";
import { type ListenerFinding, probeHttp, probeListener } from "./listener_probe.ts";

/** Milliseconds that a broker has to answer before anybody doubts that it is one. */
const DOUBT_MS = 300;

/** Milliseconds that the question of what it is may take. */
const PROBE_MS = 600;

/** Milliseconds after which a user is told that a listener accepts connections and says nothing. */
const SILENCE_MS = 2000;

const logger = getLogger(["ticklake", "kafka"]);

/** Options of {@linkcode neverBroker}. */
export interface DoubtOptions {
  /** Aborted once a broker has answered. */
  signal: AbortSignal;
  /** Closes the connections that wait for an answer; their owner opens them again. */
  yieldTurn(): void;
}

/**
 * Asks the bootstrap servers what they are where no broker has answered for a moment. Where they only
 * accept connections, that is told: it may be a slow broker, so whoever waits goes on waiting.
 * @throws {Failure} kind `service`, where none is a broker's listener; else it never settles
 */
export async function neverBroker(
  config: KafkaConfig,
  { signal, yieldTurn }: DoubtOptions,
): Promise<never> {
  const begin = performance.now();
  await pause(DOUBT_MS, signal);
  let findings = signal.aborted ? [] : await probeAll(config);
  const isSilent = () =>
    !signal.aborted && findings.some(({ state }) => state === "silent") &&
    findings.every(({ state }) => state !== "kafka");
  if (isSilent()) {
    // A server that handles one connection at a time answers nobody until ours, which waits, is closed.
    yieldTurn();
    findings = await Promise.all(
      findings.map(async (finding, index) =>
        finding.state === "silent"
          ? await probeHttp((config.brokers as string[])[index], PROBE_MS / 2)
          : finding
      ),
    );
  }
  const failure = faultOf(config, findings, isAnother);
  if (failure !== undefined && !signal.aborted) throw failure;
  if (isSilent()) {
    const silent = findings.findIndex(({ state }) => state === "silent");
    await pause(SILENCE_MS - (performance.now() - begin), signal);
    if (!signal.aborted) {
      logger.warn(
        "{server} accepts the connection, but has not answered for {seconds} s: is it a Kafka broker's listener? Waiting for it",
        { server: (config.brokers as string[])[silent], seconds: SILENCE_MS / 1000 },
      );
    }
  }
  return await new Promise<never>(() => {});
}

/**
 * What the bootstrap servers are where none of them has answered as a broker does.
 * @returns `undefined` where nothing is known but that a server is away
 */
export async function otherProgram(config: KafkaConfig): Promise<Failure | undefined> {
  return faultOf(
    config,
    await probeAll(config),
    (finding) => isAnother(finding) || finding.state === "silent",
  );
}

function probeAll(config: KafkaConfig): Promise<ListenerFinding[]> {
  const { options: tls } = listenerUse(config);
  return Promise.all(
    (config.brokers as string[]).map((server) =>
      probeListener(server, { tls, timeoutMs: PROBE_MS })
    ),
  );
}

/** The failure of the first server, where all of them are what `isWrong` says. */
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

/** Whether waiting changes nothing: it is another program, or another kind of listener. */
function isAnother({ state }: ListenerFinding): boolean {
  return state === "not-kafka" || state === "controller" || state === "wants-tls" ||
    state === "no-tls";
}
