import { freePort } from "../free_port.ts";
import { REPOSITORY, runTool } from "../tools_folder.ts";
import { type Authority, type Certificate, createAuthority } from "./certificates.ts";
import { installKafka, type Kafka, KAFKA_CLASS_PATH, startKafka } from "./kafka.ts";
import type { KafkaListener } from "./server_properties.ts";

/** The listeners of {@linkcode SecureKafka}. */
export type SecureListener =
  /** Neither encryption nor a login. */
  | "open"
  /** TLS. */
  | "tls"
  /** TLS with a client certificate. */
  | "mutual"
  /** TLS with a certificate for another host. */
  | "misnamed"
  /** TLS with a certificate that has expired. */
  | "expired"
  /** PLAIN without encryption. */
  | "plain"
  /** SCRAM, both kinds, with TLS. */
  | "scram"
  /** OAUTHBEARER with TLS, as MSK does it; a login holds for twelve seconds. */
  | "msk";

/** A broker with a listener of each kind. */
export interface SecureKafka extends Kafka {
  /** `HOST:PORT` of each listener. */
  readonly servers: Readonly<Record<SecureListener, string>>;
  /** Signed the brokers' certificates. */
  readonly authority: Authority;
  /** Signed by {@linkcode SecureKafka.authority}. */
  readonly client: Certificate;
  /** One that nobody trusts. */
  readonly stranger: Authority;
}

/** The user of the listeners `plain` and `scram`. */
export const USER = "alice";
export const PLAIN_PASSWORD = "plain-pa55word-of-alice";
export const SCRAM_PASSWORD = "scram-pa55word-of-alice";

const SASL = "org.apache.kafka.common.security";

/**
 * Starts a broker with TLS and logins; its files go into `folder`.
 * @throws {Missing} without Java, Maven or openssl
 */
export async function startSecureKafka(folder: string): Promise<SecureKafka> {
  await installKafka();
  const certificates = `${folder}/certificates`;
  const authority = await createAuthority(certificates, "authority");
  const stranger = await createAuthority(certificates, "stranger");
  const client = await authority.sign("client", "DNS:client");
  const here = await authority.sign("broker", "IP:127.0.0.1,DNS:localhost");
  const elsewhere = await authority.sign("misnamed", "DNS:elsewhere.example");
  const yesterdays = await authority.sign("expired", "IP:127.0.0.1", { days: -1 });
  const handler = `${REPOSITORY}/tests/services/kafka/MskTokenHandler.java`;
  await runTool("javac", ["-cp", KAFKA_CLASS_PATH, "-d", `${folder}/classes`, handler]);

  const listeners: Record<SecureListener, KafkaListener> = {
    open: listener("OPEN", "PLAINTEXT"),
    tls: listener("TLS", "SSL"),
    mutual: listener("MUTUAL", "SSL"),
    misnamed: listener("MISNAMED", "SSL"),
    expired: listener("EXPIRED", "SSL"),
    plain: listener("PLAIN", "SASL_PLAINTEXT"),
    scram: listener("SCRAM", "SASL_SSL"),
    msk: listener("MSK", "SASL_SSL"),
  };
  const tls = (name: SecureListener, certificate: Certificate, auth = "none") => ({
    [`listener.name.${name}.ssl.keystore.type`]: "PEM",
    [`listener.name.${name}.ssl.keystore.location`]: keystore(certificate),
    [`listener.name.${name}.ssl.truststore.type`]: "PEM",
    [`listener.name.${name}.ssl.truststore.location`]: authority.cert,
    [`listener.name.${name}.ssl.client.auth`]: auth,
  });
  const scram = `${SASL}.scram.ScramLoginModule required;`;
  const kafka = await startKafka({
    folder: `${folder}/kafka`,
    listeners: Object.values(listeners),
    classPath: `${folder}/classes`,
    properties: {
      ...tls("tls", here),
      ...tls("mutual", here, "required"),
      ...tls("misnamed", elsewhere),
      ...tls("expired", yesterdays),
      ...tls("scram", here),
      ...tls("msk", here),
      "listener.name.plain.sasl.enabled.mechanisms": "PLAIN",
      "listener.name.plain.plain.sasl.jaas.config":
        `${SASL}.plain.PlainLoginModule required user_${USER}="${PLAIN_PASSWORD}";`,
      "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
      "listener.name.scram.scram-sha-256.sasl.jaas.config": scram,
      "listener.name.scram.scram-sha-512.sasl.jaas.config": scram,
      "listener.name.msk.sasl.enabled.mechanisms": "OAUTHBEARER",
      "listener.name.msk.oauthbearer.sasl.jaas.config":
        `${SASL}.oauthbearer.OAuthBearerLoginModule required;`,
      "listener.name.msk.oauthbearer.sasl.server.callback.handler.class": "MskTokenHandler",
      "listener.name.msk.oauthbearer.sasl.login.callback.handler.class": "MskTokenHandler",
      "listener.name.msk.oauthbearer.connections.max.reauth.ms": "12000",
    },
    formatArgs: ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${USER},password=${SCRAM_PASSWORD}]`,
    ]),
  });
  const servers = Object.fromEntries(
    Object.entries(listeners).map(([name, { port }]) => [name, `127.0.0.1:${port}`]),
  ) as Record<SecureListener, string>;
  return { ...kafka, servers, authority, client, stranger };
}

function listener(name: string, protocol: KafkaListener["protocol"]): KafkaListener {
  return { name, protocol, port: freePort() };
}

/** Key and certificate in one file, as Kafka takes them. */
function keystore({ key, cert }: Certificate): string {
  const path = `${key}store.pem`;
  Deno.writeTextFileSync(path, Deno.readTextFileSync(key) + Deno.readTextFileSync(cert));
  return path;
}
