import type { KafkaConfig } from "kafkajs";
import { Failure } from "../../failure/failure.ts";
import { pause } from "../../wait/sleep.ts";
import { listenerUse } from "./explain_connection.ts";
import { listenerFault } from "./listener_fault.ts";
import { type ListenerFinding, probeListener } from "./listener_probe.ts";

/** Milliseconds that a broker has to answer before anybody doubts that it is one. */
const DOUBT_MS = 300;

/** Milliseconds that the question of what it is may take. */
const PROBE_MS = 600;

/**
 * Asks the bootstrap servers what they are where no broker has answered for a moment.
 * @param signal ends the question: a broker has answered
 * @throws {Failure} kind `service`, where none is a broker's listener; else it never settles
 */
export async function neverBroker(config: KafkaConfig, signal: AbortSignal): Promise<never> {
  await pause(DOUBT_MS, signal);
  const failure = signal.aborted ? undefined : await otherProgram(config);
  if (failure !== undefined && !signal.aborted) throw failure;
  return await new Promise<never>(() => {});
}

/**
 * What the bootstrap servers are where none of them is a broker's listener, so that nobody waits for one.
 * @returns `undefined` where a server may be a broker yet (it is away, or silent)
 */
export async function otherProgram(config: KafkaConfig): Promise<Failure | undefined> {
  const { options: tls, ...use } = listenerUse(config);
  const servers = config.brokers as string[];
  const findings = await Promise.all(
    servers.map((server) => probeListener(server, { tls, timeoutMs: PROBE_MS })),
  );
  const fault = findings.every(isAnother) ? listenerFault(findings[0], use) : undefined;
  if (fault === undefined) return undefined;
  return new Failure("service", `Kafka at ${servers[0]} ${fault.problem}`, { fix: fault.fix });
}

/** Whether waiting changes nothing: it is another program, or another kind of listener. */
function isAnother({ state }: ListenerFinding): boolean {
  return state === "not-kafka" || state === "controller" || state === "wants-tls" ||
    state === "no-tls";
}
