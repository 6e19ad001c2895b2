import type { ConnectionOptions } from "node:tls";
import { getLogger } from "@logtape/logtape";
import type { KafkaConfig } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { readText } from "../../files/read_text.ts";
import { mskIam } from "./msk_iam.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** The settings for connecting to Kafka. */
export type SecuritySettings = Pick<
  Settings,
  | "bootstrapServers"
  | "securityProtocol"
  | "saslMechanism"
  | "saslUsername"
  | "saslPassword"
  | "sslCaFile"
  | "sslCertFile"
  | "sslKeyFile"
>;

/**
 * kafkajs's TLS and SASL options, from the settings. Reads the files at once.
 * @throws {Failure} kind `usage`, when settings contradict each other, one is missing, or a file
 * cannot be read or is not what it should be
 * @throws the signal's reason, as soon as it aborts
 */
export async function securityOptions(
  settings: SecuritySettings,
  signal?: AbortSignal,
): Promise<Pick<KafkaConfig, "ssl" | "sasl">> {
  const { securityProtocol } = settings;
  return {
    ssl: securityProtocol.endsWith("SSL") ? await tlsOptions(settings, signal) : noTls(settings),
    sasl: securityProtocol.startsWith("SASL") ? saslOptions(settings) : noSasl(settings),
  };
}

function noTls({ securityProtocol, sslCaFile, sslCertFile, sslKeyFile }: SecuritySettings) {
  if (sslCaFile ?? sslCertFile ?? sslKeyFile) {
    throw new Failure(
      "usage",
      `KAFKA_SSL_… files are set, but KAFKA_SECURITY_PROTOCOL is ${securityProtocol}, without TLS`,
      {
        fix:
          "Set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, or unset KAFKA_SSL_CA_FILE, KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE.",
      },
    );
  }
  return undefined;
}

function noSasl({ securityProtocol, saslMechanism, saslUsername, saslPassword }: SecuritySettings) {
  if (saslMechanism ?? saslUsername ?? saslPassword) {
    throw new Failure(
      "usage",
      `KAFKA_SASL_… is set, but KAFKA_SECURITY_PROTOCOL is ${securityProtocol}, without a login`,
      {
        fix:
          "Set KAFKA_SECURITY_PROTOCOL to SASL_SSL (or SASL_PLAINTEXT), or unset KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.",
      },
    );
  }
  return undefined;
}

async function tlsOptions(
  { sslCaFile, sslCertFile, sslKeyFile }: SecuritySettings,
  signal: AbortSignal | undefined,
): Promise<ConnectionOptions> {
  if ((sslCertFile === undefined) !== (sslKeyFile === undefined)) {
    const [there, missing] = sslKeyFile === undefined ? ["CERT", "KEY"] : ["KEY", "CERT"];
    throw new Failure(
      "usage",
      `KAFKA_SSL_${there}_FILE is set but KAFKA_SSL_${missing}_FILE is not; a client certificate needs both`,
    );
  }
  return {
    ca: sslCaFile && await pem("KAFKA_SSL_CA_FILE", sslCaFile, "CERTIFICATE", signal),
    cert: sslCertFile && await pem("KAFKA_SSL_CERT_FILE", sslCertFile, "CERTIFICATE", signal),
    key: sslKeyFile && await pem("KAFKA_SSL_KEY_FILE", sslKeyFile, "PRIVATE KEY", signal),
  };
}

/** Reads a PEM file and checks that it holds a block of this kind. */
async function pem(
  setting: string,
  path: string,
  kind: "CERTIFICATE" | "PRIVATE KEY",
  signal: AbortSignal | undefined,
): Promise<string> {
  let text: string;
  try {
    text = await readText(path, signal);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new Failure("usage", `${setting}: ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new Failure("usage", `${setting}: the key in ${path} is encrypted`, {
      fix: `Decrypt it: openssl pkey -in ${path} -out key.pem && chmod 600 key.pem`,
    });
  }
  if (!new RegExp(`-----BEGIN (?:[A-Z]+ )?${kind}-----`).test(text)) {
    throw new Failure(
      "usage",
      `${setting}: ${path}: expected a PEM file with -----BEGIN ${kind}-----, found none`,
      {
        fix: kind === "CERTIFICATE"
          ? "To convert a Java keystore to PEM: keytool -exportcert -rfc -keystore FILE -alias NAME"
          : "Name the file of the private key.",
      },
    );
  }
  return text;
}

function saslOptions(settings: SecuritySettings): KafkaConfig["sasl"] {
  const { securityProtocol, saslMechanism } = settings;
  switch (saslMechanism) {
    case undefined:
      throw new Failure(
        "usage",
        `KAFKA_SECURITY_PROTOCOL is ${securityProtocol}, but KAFKA_SASL_MECHANISM is not set; ` +
          "expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, AWS_MSK_IAM",
      );
    case "AWS_MSK_IAM":
      return mskLogin(settings);
    case "PLAIN": {
      if (securityProtocol === "SASL_PLAINTEXT") {
        logger.warn("the password goes to Kafka unencrypted (PLAIN over SASL_PLAINTEXT)");
      }
      return { mechanism: "plain", ...login(settings) };
    }
    case "SCRAM-SHA-256":
      return { mechanism: "scram-sha-256", ...login(settings) };
    case "SCRAM-SHA-512":
      return { mechanism: "scram-sha-512", ...login(settings) };
  }
}

function login(
  { saslMechanism, saslUsername, saslPassword }: SecuritySettings,
): { username: string; password: string } {
  if (saslUsername === undefined || saslPassword === undefined) {
    const missing = saslUsername === undefined ? "USERNAME" : "PASSWORD";
    throw new Failure(
      "usage",
      `KAFKA_SASL_MECHANISM is ${saslMechanism}, but KAFKA_SASL_${missing} is not set`,
      {
        fix: missing === "PASSWORD"
          ? "Put it into the environment or .env, or its file's name into KAFKA_SASL_PASSWORD_FILE."
          : undefined,
      },
    );
  }
  return { username: saslUsername, password: saslPassword };
}

/** The region in the name of an MSK broker. */
const MSK_HOST = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com/;

function mskLogin(
  { bootstrapServers, securityProtocol, saslUsername, saslPassword }: SecuritySettings,
): KafkaConfig["sasl"] {
  if (securityProtocol !== "SASL_SSL") {
    throw new Failure("usage", `AWS_MSK_IAM needs SASL_SSL, found ${securityProtocol}`);
  }
  if (saslUsername ?? saslPassword) {
    throw new Failure(
      "usage",
      "AWS_MSK_IAM logs in with AWS credentials, but KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set",
    );
  }
  const [, named] = MSK_HOST.exec(bootstrapServers ?? "") ?? [];
  const region = named ?? (Deno.env.get("AWS_REGION") || Deno.env.get("AWS_DEFAULT_REGION"));
  if (!region) {
    throw new Failure(
      "usage",
      "AWS_MSK_IAM needs the cluster's region, but AWS_REGION is not set",
      {
        fix: "Set AWS_REGION, such as eu-central-1.",
      },
    );
  }
  return mskIam(region);
}
