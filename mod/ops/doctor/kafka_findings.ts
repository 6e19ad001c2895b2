import { countText } from "../../terminal/amount_text.ts";
import type { KafkaDiagnosis, ListenerDiagnosis } from "../../broker/kafka/diagnosis.ts";
import type { Settings } from "../../config/settings.ts";
import { failed, failedBy, type Finding, ok, skipped, warning } from "./finding.ts";

/**
 * Looks at Kafka from the settings to the group's offsets, and stops where continuing makes no
 * sense.
 * @param diagnose makes the diagnosis of the settings; it throws a `Failure` if they are wrong
 */
export async function* kafkaFindings(
  settings: Settings,
  diagnose: () => Promise<KafkaDiagnosis>,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  let kafka: KafkaDiagnosis;
  try {
    kafka = await diagnose();
  } catch (error) {
    signal.throwIfAborted();
    yield failedBy("Kafka settings", error);
    return;
  }
  yield ok("Kafka settings", describe(settings));

  const probed = await Promise.all(
    kafka.servers.map((server) => listenerFindings(server, kafka)),
  );
  const answering = probed.filter(({ answers }) => answers).map(({ server }) => server);
  for (const { findings, answers } of probed) {
    for (const finding of findings) {
      // One server of the list is enough; the others being unreachable is a warning.
      yield answers || answering.length === 0 ? finding : { ...finding, status: mild(finding) };
    }
  }
  if (answering.length === 0) {
    yield skipped("Kafka brokers", "no bootstrap server answers");
    return;
  }
  const reachable = yield* advertisedFindings(kafka, answering);
  if (reachable) yield* topicFindings(settings, kafka, signal);
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
async function listenerFindings(server: string, kafka: KafkaDiagnosis): Promise<Probed> {
  const { state, ip, fault } = await kafka.probe(server);
  const findings: Finding[] = [];
  const host = server.slice(0, server.lastIndexOf(":"));
  if (ip !== undefined && ip !== host) findings.push(ok("Kafka DNS", `${host} is ${ip}`));
  if (ip !== undefined) findings.push(ok("Kafka TCP", `${server} accepts connections`));
  if (fault !== undefined) {
    const check = CHECKS[state] ?? "Kafka TLS";
    findings.push(failed(check, `Kafka at ${server} ${fault.problem}`, fault.fix));
  } else if (kafka.use.tls) {
    findings.push(ok("Kafka TLS", `${server} presents a trusted certificate`));
  }
  return { server, answers: fault === undefined, findings };
}

/** Which check a state belongs to that is not about TLS. */
const CHECKS: Partial<Record<ListenerDiagnosis["state"], string>> = {
  "unknown-host": "Kafka DNS",
  "no-connection": "Kafka TCP",
  "not-kafka": "Kafka answer",
  "silent": "Kafka answer",
  "controller": "Kafka answer",
  "wants-login": "Kafka login",
};

/**
 * The login, and the addresses that the brokers advertise: the bootstrap server may answer while
 * those lead nowhere, which is what goes wrong most often on EC2 and in containers.
 */
async function* advertisedFindings(
  kafka: KafkaDiagnosis,
  servers: string[],
): AsyncGenerator<Finding, boolean> {
  const { login } = kafka.use;
  let brokers: Awaited<ReturnType<KafkaDiagnosis["advertised"]>>;
  try {
    brokers = await kafka.advertised(servers);
  } catch (error) {
    yield failedBy(login ? "Kafka login" : "Kafka brokers", error);
    return false;
  }
  if (login) yield ok("Kafka login", "accepted");
  let reachable = true;
  for (const { nodeId, host, port } of brokers) {
    const address = `${host}:${port}`;
    const { fault } = await kafka.probe(address);
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
      `bootstrap server ${servers[0]} answers, but it advertises broker ${nodeId} as ${address}, ` +
        `and that ${fault.problem}`,
      `Set advertised.listeners of broker ${nodeId} to an address that this host can reach (on EC2 the ` +
        `private DNS name inside the VPC, the public one outside) and open port ${port} to it in the ` +
        "security group.",
    );
  }
  return reachable;
}

async function* topicFindings(
  { topic, group }: Settings,
  kafka: KafkaDiagnosis,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  try {
    const broker = await kafka.open({ signal });
    try {
      const offsets = await broker.topicOffsets(topic, { signal });
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
        `${topic} has ${countText(offsets.length, "partition")}, with ${
          countText(messages, "message")
        } in all`,
      );
      const committed = await broker.groupOffsets(group, topic, { signal });
      yield ok(
        "consumer group",
        committed.length === 0
          ? `${group} has committed nothing yet`
          : `${group} has committed offsets of ${countText(committed.length, "partition")}`,
      );
    } finally {
      await broker.close();
    }
  } catch (error) {
    yield failedBy("topic", error);
  }
}
