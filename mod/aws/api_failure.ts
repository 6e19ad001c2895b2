import { Failure, messageOf } from "../failure/failure.ts";
import { endpointSet } from "./environment.ts";
import { describeError, requestMeaning } from "./request_failure.ts";

const DENIED = ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"];
const THROTTLED = [
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "SlowDown",
];

/** Where all that the commands need can be read. */
const POLICY = "`ticklake setup-catalog --print-policy` prints what each command needs.";

/** A server that answers, but not as the service: an S3 server of one's own that is asked for Glue. */
export class NotTheService extends Failure {
  /** @param action what was asked, such as `glue:GetDatabase` */
  constructor(action: string, place: string, cause: unknown) {
    const [service] = action.split(":");
    super("service", `${action}: ${place} does not answer like ${nameOf(service)}`, {
      cause,
      fix:
        "Other S3 servers than AWS have no Glue, Athena and IAM: `ticklake query --engine local` reads their lakes, and needs no catalog; an Iceberg table there needs --iceberg-catalog directory, or rest. To use those of AWS, unset AWS_ENDPOINT_URL.",
    });
  }
}

/**
 * What an error of an AWS API means for a user, where it is about the way to it or our rights;
 * `undefined` if it is about the request itself.
 * @param action the action as policies name it, such as `glue:CreateCrawler`
 */
export function apiFailure(error: unknown, action: string): Failure | undefined {
  const [service] = action.split(":");
  const fail = (what: string, fix: string) =>
    new Failure("service", `${action}: ${what}`, { fix, cause: error });
  const meaning = requestMeaning(error, endpointOf(service));
  if (meaning !== undefined) return fail(...meaning);
  const { name = "", $metadata } = error as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  // Of a JSON API the SDK could not read the answer; of an XML one it found no code in it.
  const mayBeForeign = ($metadata?.httpStatusCode ?? 0) < 500 || endpointSet(service) !== undefined;
  if (error instanceof SyntaxError || (name === "Unknown" && mayBeForeign)) {
    return new NotTheService(action, endpointOf(service), error);
  }
  if (DENIED.includes(name)) return denied(error, action);
  if (THROTTLED.includes(name)) {
    return fail(
      `too many requests, even after several attempts: ${messageOf(error)}`,
      "Wait a minute, then repeat the command: it resumes where it stopped.",
    );
  }
  if (($metadata?.httpStatusCode ?? 0) >= 500) {
    return fail(describeError(error), "Try again; if it persists, check health.aws.amazon.com.");
  }
  return undefined;
}

function denied(error: unknown, requested: string): Failure {
  const message = messageOf(error);
  if (/lake formation/i.test(message)) {
    return new Failure("service", `${requested}: ${message}`, {
      cause: error,
      fix:
        "The account uses Lake Formation: grant the permissions there too (also for the crawler's role), or let only IAM control the database.",
    });
  }
  // The action that is missing may be another one, such as iam:PassRole.
  const action = /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(message)?.[1] ?? requested;
  const resource = /on resource:? (\S+)/i.exec(message)?.[1]?.replace(/[.,]$/, "");
  const who = /User:? (arn:\S+)/.exec(message)?.[1];
  const what = resource === undefined ? action : `${action} on ${resource}`;
  const deny = /explicit deny/i.test(message)
    ? "A policy denies it explicitly: remove that statement."
    : `Allow ${action} in the policy of ${who ?? "the role or user that runs this"}.`;
  return new Failure("service", `access denied: ${what}`, {
    cause: error,
    fix: `${deny} ${POLICY}`,
  });
}

function endpointOf(service: string): string {
  return endpointSet(service) ?? nameOf(service);
}

/** A service's name for the user. */
function nameOf(service: string): string {
  return service.length <= 3 ? service.toUpperCase() : service[0].toUpperCase() + service.slice(1);
}
