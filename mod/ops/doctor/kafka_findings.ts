import type { KafkaConfig } from "kafkajs";
import { clientOptions } from "../../broker/kafka/client.ts";
import { Cluster } from "../../broker/kafka/cluster.ts";
import { listenerUse } from "../../broker/kafka/explain_connection.ts";
import { openKafkaBroker } from "../../broker/kafka/kafka_broker.ts";
import { listenerFault } from "../../broker/kafka/listener_fault.ts";
import { type ListenerState, probeListener } from "../../broker/kafka/listener_probe.ts";
import type { Settings } from "../../config/settings.ts";
import { failed, failedBy, type Finding, ok, skipped, warning } from "./finding.ts";

/** Looks at Kafka from the settings to the group's offsets, and stops where going on has no sense. */
export async function* kafkaFindings(settings: Settings): AsyncGenerator<Finding> {
  let config: KafkaConfig;
  try {
    config = clientOptions(settings);
  } catch (error) {
    yield failedBy("Kafka settings", error);
    return;
  }
  yield ok("Kafka settings", describe(settings));

  const probed = await Promise.all(
    (config.brokers as string[]).map((server) => listenerFindings(server, config)),
  );
  const answering = probed.filter(({ answers }) => answers).map(({ server }) => server);
  for (const { findings, answers } of probed) {
    for (const finding of findings) {
      // One server of the list is enough; that the others are away is worth knowing.
      yield answers || answering.length === 0 ? finding : { ...finding, status: mild(finding) };
    }
  }
  if (answering.length === 0) {
    yield skipped("Kafka brokers", "no bootstrap server answers");
    return;
  }
  const reachable = yield* advertisedFindings({ ...config, brokers: answering }, answering[0]);
  if (reachable) yield* topicFindings(settings);
  else yield skipped("topic", "not all brokers can be reached");
}

function describe({ securityProtocol, saslMechanism, saslUsername }: Settings): string {
  if (saslMechanism === undefined) return securityProtocol;
  const user = saslUsername === undefined ? "" : ` as ${saslUsername}`;
  return `${securityProtocol}, ${saslMechanism}${user}`;
}

function mild({ status }: Finding): Finding["status"] {
  return status === "failed" ? "warning" : status;
}

interface Probed {
  server: string;
  /** Whether it answers as Kafka does. */
  answers: boolean;
  findings: Finding[];
}

/** DNS, TCP and TLS of one bootstrap server. */
async function listenerFindings(server: string, config: KafkaConfig): Promise<Probed> {
  const { options: tls, ...use } = listenerUse(config);
  const { state, detail, ip } = await probeListener(server, { tls });
  const fault = listenerFault({ state, detail }, use);
  const findings: Finding[] = [];
  const host = server.slice(0, server.lastIndexOf(":"));
  if (ip !== undefined && ip !== host) findings.push(ok("Kafka DNS", `${host} is ${ip}`));
  if (ip !== undefined) findings.push(ok("Kafka TCP", `${server} accepts connections`));
  if (fault !== undefined) {
    const check = CHECKS[state] ?? "Kafka TLS";
    findings.push(failed(check, `Kafka at ${server} ${fault.problem}`, fault.fix));
  } else if (use.tls) {
    findings.push(ok("Kafka TLS", `${server} shows a certificate that is trusted`));
  }
  return { server, answers: fault === undefined, findings };
}

/** Which check a state belongs to that is not about TLS. */
const CHECKS: Partial<Record<ListenerState, string>> = {
  "unknown-host": "Kafka DNS",
  "no-connection": "Kafka TCP",
  "not-kafka": "Kafka answer",
  "wants-login": "Kafka login",
};

/**
 * The login, and the addresses that the brokers advertise: the bootstrap server may answer while
 * those lead nowhere, which is what goes wrong most often on EC2 and in containers.
 */
async function* advertisedFindings(
  config: KafkaConfig,
  bootstrap: string,
): AsyncGenerator<Finding, boolean> {
  const { login } = listenerUse(config);
  const cluster = new Cluster(config);
  let brokers: Awaited<ReturnType<Cluster["advertised"]>>;
  try {
    brokers = await cluster.advertised();
  } catch (error) {
    yield failedBy(login ? "Kafka login" : "Kafka brokers", error);
    return false;
  } finally {
    cluster.close();
  }
  if (login) yield ok("Kafka login", "accepted");
  const { options: tls, ...use } = listenerUse(config);
  let reachable = true;
  for (const { nodeId, host, port } of brokers) {
    const address = `${host}:${port}`;
    const fault = listenerFault(await probeListener(address, { tls }), use);
    if (fault === undefined) {
      yield ok(
        "advertised listener",
        `broker ${nodeId} is advertised as ${address} and answers there`,
      );
      continue;
    }
    reachable = false;
    yield failed(
      "advertised listener",
      `bootstrap server ${bootstrap} answers, but it advertises broker ${nodeId} as ${address}, ` +
        `and that ${fault.problem}`,
      `Set advertised.listeners of broker ${nodeId} to an address that this host can reach (on EC2 the ` +
        `private DNS name inside the VPC, the public one outside) and open port ${port} to it in the ` +
        "security group.",
    );
  }
  return reachable;
}

async function* topicFindings(settings: Settings): AsyncGenerator<Finding> {
  const { topic, group } = settings;
  try {
    const broker = await openKafkaBroker(settings);
    try {
      const offsets = await broker.topicOffsets(topic);
      if (offsets === null) {
        yield warning(
          "topic",
          `${topic} does not exist`,
          "`ticklake produce` creates it, or check KAFKA_TOPIC.",
        );
        return;
      }
      const messages = offsets.reduce((sum, { low, high }) => sum + high - low, 0);
      yield ok(
        "topic",
        `${topic} has ${offsets.length} partitions, with ${messages} messages in all`,
      );
      const committed = await broker.groupOffsets(group, topic);
      yield ok(
        "consumer group",
        committed.length === 0
          ? `${group} has committed nothing yet`
          : `${group} has committed offsets of ${committed.length} partitions`,
      );
    } finally {
      await broker.close();
    }
  } catch (error) {
    yield failedBy("topic", error);
  }
}
