import type { KafkaConfig } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import { Failure } from "../../failure/failure.ts";
import { KAFKAJS_LOG_LEVEL, kafkajsLog } from "./kafkajs_log.ts";
import { securityOptions } from "./security.ts";

/** Milliseconds for opening one connection. */
const CONNECTION_TIMEOUT_MS = 4000;

/**
 * kafkajs's connection options, from the settings.
 * @throws {Failure} kind `usage`, when the bootstrap servers are not HOST:PORT, or the TLS or SASL
 * settings are wrong; the signal's reason
 */
export async function clientOptions(
  settings: Settings,
  signal?: AbortSignal,
): Promise<KafkaConfig> {
  return {
    clientId: "ticklake",
    brokers: bootstrapServers(settings.bootstrapServers ?? ""),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    logLevel: KAFKAJS_LOG_LEVEL,
    logCreator: kafkajsLog,
    ...await securityOptions(settings, signal),
  };
}

function bootstrapServers(text: string): string[] {
  const servers = text.split(",").map((server) => server.trim()).filter((server) => server !== "");
  for (const server of servers) {
    const [, port] = /^[^\s:/@]+:(\d+)$/.exec(server) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65535) throw notServer(server);
  }
  if (servers.length === 0) throw notServer(text);
  return servers;
}

function notServer(found: string): Failure {
  return new Failure(
    "usage",
    `Kafka bootstrap servers: expected HOST:PORT, found ${JSON.stringify(found)}`,
    {
      fix:
        "Set KAFKA_BOOTSTRAP_SERVERS (or --bootstrap-servers) to host:9092, several separated by " +
        "commas; an IPv6 address needs a host name.",
    },
  );
}
