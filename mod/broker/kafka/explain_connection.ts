import type { ConnectionOptions } from "node:tls";
import type { KafkaConfig } from "kafkajs";
import { Failure } from "../../failure/failure.ts";
import { listenerFault, type ListenerUse } from "./listener_fault.ts";
import { probeListener } from "./listener_probe.ts";
import { rootOf } from "./request_error.ts";

/** Milliseconds for each of two requests; short, as the start has already waited. */
const PROBE_MS = 1500;

/** Network errors that need no further explanation. */
const PLAIN_NETWORK = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH"];

/** How a client with this configuration talks to a listener. */
export function listenerUse({ ssl, sasl }: KafkaConfig): ListenerUse & { options: TlsOptions } {
  const options = ssl as TlsOptions;
  return {
    options,
    tls: options !== undefined,
    ownAuthority: options?.ca !== undefined,
    ownCertificate: options?.cert !== undefined,
    login: sasl !== undefined,
  };
}

type TlsOptions = ConnectionOptions | undefined;

/**
 * Explains a connection that was opened and then broke, by querying the listener again: kafkajs
 * does not say whether TLS, a certificate or a login is at fault.
 * @returns `undefined` if that explains nothing further
 */
export async function explainConnection(
  config: KafkaConfig,
  error: unknown,
): Promise<Failure | undefined> {
  const { name, code, broker, message } = rootOf(error);
  if (name !== "KafkaJSConnectionError" && name !== "KafkaJSConnectionClosedError") {
    return undefined;
  }
  if (PLAIN_NETWORK.includes(code ?? "") || /timeout/i.test(message)) return undefined;
  const servers = config.brokers as string[];
  const server = servers.find((server) => server === broker) ?? servers[0];
  const { options: tls, ...use } = listenerUse(config);
  const finding = await probeListener(server, { tls, timeoutMs: PROBE_MS });
  if (["kafka", "unknown-host", "no-connection", "silent"].includes(finding.state)) {
    return undefined;
  }
  const fault = listenerFault(finding, use);
  if (fault === undefined) return undefined;
  const { problem, fix } = fault;
  return new Failure("service", `Kafka at ${server} ${problem}`, { cause: error, fix });
}
