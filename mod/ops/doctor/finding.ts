import { Failure, type FailureKind } from "../../failure/failure.ts";

/** Result of one check. */
export interface Finding {
  /** What was looked at, such as `Kafka login`. */
  check: string;
  status: "ok" | "warning" | "failed" | "skipped";
  /** What was found. */
  detail: string;
  /** What to do about it. */
  fix?: string;
  /** Of a failure: whether the settings are wrong, or a service is. */
  kind?: "usage" | "service";
}

/** A check that found nothing wrong. */
export function ok(check: string, detail: string): Finding {
  return { check, status: "ok", detail };
}

/** A check that found something that works, but not as it should. */
export function warning(check: string, detail: string, fix?: string): Finding {
  return { check, status: "warning", detail, fix };
}

/** A check that was not made, because another one failed. */
export function skipped(check: string, detail: string): Finding {
  return { check, status: "skipped", detail };
}

/** A check that found something to fix. */
export function failed(
  check: string,
  detail: string,
  fix: string | undefined,
  kind: "usage" | "service" = "service",
): Finding {
  return { check, status: "failed", detail, fix, kind };
}

/** The finding for a failure that a part of the program throws; other errors are defects. */
export function failedBy(check: string, error: unknown, kind?: FailureKind): Finding {
  if (!(error instanceof Failure)) throw error;
  const usage = (kind ?? error.kind) === "usage";
  return failed(check, error.message, error.fix, usage ? "usage" : "service");
}
