import { Failure } from "../../failure/failure.ts";
import { describeError, errorType } from "./request_error.ts";

const NETWORK_FIX =
  "Check the address and the port, that the broker is running, and that the firewall or security " +
  "group lets this host connect to it (nc -vz HOST PORT).";

/** How a listener refuses a login before checking the password. */
const LOGIN_REFUSALS: Record<string, { problem: string; fix: string }> = {
  UNSUPPORTED_SASL_MECHANISM: {
    problem: "does not offer the login that KAFKA_SASL_MECHANISM names",
    fix: "Use one of the broker's sasl.enabled.mechanisms.",
  },
  ILLEGAL_SASL_STATE: {
    problem: "accepts no login at this listener",
    fix: "Set KAFKA_SECURITY_PROTOCOL to SSL or PLAINTEXT, or use the port of a SASL listener.",
  },
};

/** A refused login, with a fix where the usual advice does not apply. */
interface LoginError extends Error {
  fix?: string;
}

/** The failure of a start if none of the bootstrap servers could be used. */
export function cannotConnect(servers: string[], error: unknown): Failure {
  const list = servers.join(", ");
  const cause = { cause: error };
  if (error instanceof Error && error.name === "KafkaJSSASLAuthenticationError") {
    return new Failure("service", `Kafka at ${list} refused to log us in: ${error.message}`, {
      ...cause,
      fix: (error as LoginError).fix ??
        "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.",
    });
  }
  const refusal = LOGIN_REFUSALS[errorType(error) ?? ""];
  if (refusal !== undefined) {
    const { problem, fix } = refusal;
    return new Failure("service", `Kafka at ${list} ${problem}`, { ...cause, fix });
  }
  return new Failure(
    "service",
    servers.length === 1
      ? `Kafka at ${list} cannot be reached: ${describeError(error)}`
      : `Kafka cannot be reached at any of ${list}; at the last one tried: ${describeError(error)}`,
    { ...cause, fix: NETWORK_FIX },
  );
}

/**
 * The failure of a start if a bootstrap server answered, but the brokers that it named could not be
 * reached.
 * @param server the server that answered
 * @param advertised the addresses that it named
 */
export function cannotReachAdvertised(
  server: string,
  advertised: string[],
  error: unknown,
): Failure {
  const reason = describeError(error);
  if (advertised.length === 0 || errorType(error) !== undefined) {
    return new Failure(
      "service",
      `Kafka at ${server} answered, but did not list its brokers: ${reason}`,
      {
        cause: error,
        fix: "Check that the port is a broker's listener, and check this user's permissions.",
      },
    );
  }
  return new Failure(
    "service",
    `Kafka at ${server} answered, but its brokers are advertised as ${
      advertised.join(", ")
    }, which cannot be reached: ${reason}`,
    {
      cause: error,
      fix:
        "Set advertised.listeners in the brokers' configuration to addresses that this host can " +
        "reach, and open those ports in the firewall or security group.",
    },
  );
}
