import { OWN_SECRETS } from "./secrets.ts";

/** What kind of failure ended a command; each kind is one exit code. */
export type FailureKind = "failed" | "usage" | "service" | "rejected";

/** The exit code of each kind, as `--help` promises it. */
export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  failed: 1,
  usage: 2,
  service: 3,
  rejected: 4,
};

/** Options of {@linkcode Failure}. */
export interface FailureOptions {
  /** What the user can do about it, a sentence; printed on a line of its own. */
  fix?: string;
  /** The error underneath. */
  cause?: unknown;
}

/**
 * An error that a user is meant to read: its message names the thing, what was found and what was
 * expected; `fix` says what to do. Anything else that is thrown is a defect and is printed with its
 * stack.
 */
export class Failure extends Error {
  /** What kind of failure it is. */
  readonly kind: FailureKind;
  /** What the user can do about it. */
  readonly fix?: string;

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Failure";
    this.kind = kind;
    this.fix = options.fix;
  }

  /** The process's exit code for this failure. */
  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** The message of anything thrown, without secrets, for putting into another message. */
export function messageOf(error: unknown): string {
  return OWN_SECRETS.redact(error instanceof Error ? error.message : String(error));
}
