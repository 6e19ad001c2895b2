import type { ListenerFinding } from "./listener_probe.ts";

/** How we connect to a listener, as far as a message about it needs to know. */
export interface ListenerUse {
  /** Whether TLS is used. */
  tls: boolean;
  /** Whether KAFKA_SSL_CA_FILE is set. */
  ownAuthority: boolean;
  /** Whether KAFKA_SSL_CERT_FILE is set. */
  ownCertificate: boolean;
  /** Whether SASL is used. */
  login: boolean;
}

/** What is wrong with a listener, as text for the user. */
export interface ListenerFault {
  /** Continues `Kafka at HOST:PORT`. */
  problem: string;
  fix: string;
}

const NETWORK_FIX =
  "Check the address and the port, that the broker is running, and that the firewall or security " +
  "group lets this host connect to it (nc -vz HOST PORT).";

/** What is wrong, or `undefined` if the listener answers correctly. */
export function listenerFault(
  { state, detail }: ListenerFinding,
  use: ListenerUse,
): ListenerFault | undefined {
  const protocol = (tls: boolean, login = use.login) =>
    login ? (tls ? "SASL_SSL" : "SASL_PLAINTEXT") : tls ? "SSL" : "PLAINTEXT";
  switch (state) {
    case "kafka":
      return undefined;
    case "unknown-host":
      return {
        problem: `cannot be found: its name has no address (${detail})`,
        fix:
          "Check the spelling, this host's DNS (getent hosts NAME) and, in a VPC, its DNS settings.",
      };
    case "no-connection":
      return { problem: `cannot be reached: ${detail}`, fix: NETWORK_FIX };
    case "silent":
      return {
        problem: "accepts connections, but does not answer like a Kafka broker",
        fix:
          "Check the port: is it a broker's listener (and not another program's)? A broker that has just started or is out of memory does not answer either: check its log.",
      };
    case "not-kafka":
      return {
        problem: `does not answer like Kafka: ${detail}`,
        fix:
          "Check the port: is it a broker's listener (and not the controller's, or another program's)?",
      };
    case "controller":
      return {
        problem: "is a controller's listener, which does not serve clients",
        fix:
          "Use the port of a broker's listener: one of `listeners` in its configuration that is not in `controller.listener.names`.",
      };
    case "wants-tls":
      return {
        problem: "requires TLS, but the request was sent without it",
        fix: `Set KAFKA_SECURITY_PROTOCOL to ${
          protocol(true)
        }, or use the port of another listener.`,
      };
    case "no-tls":
      return {
        problem: "has no TLS, but the request was sent with it",
        fix: `Set KAFKA_SECURITY_PROTOCOL to ${
          protocol(false)
        }, or use the port of another listener.`,
      };
    case "untrusted":
      return {
        problem: `has a certificate of an authority that is not trusted (${detail})`,
        fix: use.ownAuthority
          ? "KAFKA_SSL_CA_FILE must hold the certificate of the authority that signed the broker's."
          : "Set KAFKA_SSL_CA_FILE to the certificate (PEM) of the authority that signed the broker's.",
      };
    case "other-name":
      return {
        problem: `has a certificate for other names (${detail})`,
        fix:
          "Use the host name in the broker's certificate, or have a certificate issued for this name.",
      };
    case "expired":
      return {
        problem: `has a certificate that has expired or is not yet valid (${detail})`,
        fix: "Renew the broker's certificate, or set this host's clock (timedatectl).",
      };
    case "client-certificate":
      return use.ownCertificate
        ? {
          problem: `refuses our client certificate (${detail})`,
          fix: "KAFKA_SSL_CERT_FILE must hold a certificate that the broker's truststore trusts.",
        }
        : {
          problem: `requires a client certificate (${detail})`,
          fix: "Set KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE.",
        };
    case "tls-failed":
      return {
        problem: `failed the TLS handshake: ${detail}`,
        fix: "Check that the broker offers TLS 1.2 or 1.3 there, and that the two files match.",
      };
    case "wants-login":
      return use.login ? undefined : {
        problem: `requires a login: ${detail}`,
        fix: `Set KAFKA_SECURITY_PROTOCOL to ${
          protocol(use.tls, true)
        }, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.`,
      };
  }
}
