import { Failure, messageOf } from "../../failure/failure.ts";

/**
 * What to do about a failed request: `retry` (a retry may help, without a time limit), `fenced`
 * (this member is not in the group's current generation), `refused` (it would be refused again),
 * `unknown` (the cause is not known: a retry may help, but not forever).
 */
export type Verdict = "retry" | "fenced" | "refused" | "unknown";

/** kafkajs's errors for a broker that could not be reached or did not answer. */
const NETWORK_ERRORS = new Set([
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSRequestTimeoutError",
  "KafkaJSBrokerNotFound",
  "KafkaJSMetadataNotLoaded",
  "KafkaJSTopicMetadataNotLoaded",
  "KafkaJSLockTimeout",
  "KafkaJSNoBrokerAvailableError",
  // A restarting broker may refuse what it accepts a moment later; wrong credentials are detected
  // when the first connection is opened.
  "KafkaJSSASLAuthenticationError",
]);

/** Errors in which kafkajs wraps the one that matters. */
const WRAPPERS = new Set([
  "KafkaJSNumberOfRetriesExceeded",
  "KafkaJSNonRetriableError",
  "KafkaJSError",
]);

const FENCED = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

const UNKNOWN = new Set(["UNKNOWN", "KAFKAJS_UNKNOWN_ERROR_CODE"]);

/** Milliseconds for which a request with an unknown error is retried. */
export const UNKNOWN_PATIENCE_MS = 60_000;

/** An error of kafkajs. */
export interface RequestError extends Error {
  /** Kafka's name of the error, such as `ILLEGAL_GENERATION`. */
  type?: string;
  retriable?: boolean;
  /** The system's name of a network error, such as `ECONNREFUSED`. */
  code?: string;
  /** `HOST:PORT` that a network error is about. */
  broker?: string;
}

/** What to do after a request failed with `error`. */
export function verdictOf(error: unknown): Verdict {
  const cause = rootOf(error);
  if (cause.type !== undefined) {
    if (FENCED.has(cause.type)) return "fenced";
    if (UNKNOWN.has(cause.type)) return "unknown";
    return cause.retriable === true ? "retry" : "refused";
  }
  return NETWORK_ERRORS.has(cause.name) ? "retry" : "refused";
}

/** Kafka's name of a protocol error, such as `OFFSET_OUT_OF_RANGE`; `undefined` for others. */
export function errorType(error: unknown): string | undefined {
  return rootOf(error).type;
}

/** A sentence about what went wrong, with Kafka's name for it if there is one. */
export function describeError(error: unknown): string {
  const { type, message } = rootOf(error);
  return type === undefined ? message.replace(/^Connection error: /, "") : `${message} (${type})`;
}

/**
 * The failure shown to the user when Kafka refused something permanently; errors that did not come
 * from Kafka are returned unchanged.
 * @param doing what was refused, such as `joining the group ticklake`
 */
export function refused(description: string, doing: string, error: unknown): Error {
  const root = rootOf(error);
  const { type } = root;
  if (type === undefined && !root.name.startsWith("KafkaJS")) return root;
  return new Failure("service", `${description} refused ${doing}: ${describeError(error)}`, {
    cause: error,
    fix: type?.endsWith("AUTHORIZATION_FAILED")
      ? "Grant this user the permission in the broker's ACLs (see kafka-acls.sh)."
      : undefined,
  });
}

/** The error that matters, without kafkajs's wrappers. */
export function rootOf(error: unknown): RequestError {
  let root: RequestError = error instanceof Error ? error : new Error(messageOf(error));
  while (WRAPPERS.has(root.name) && root.type === undefined && root.cause instanceof Error) {
    root = root.cause;
  }
  return root;
}
