import { Failure, messageOf } from "./failure.ts";
import { OWN_SECRETS } from "./secrets.ts";

/** The fix of a service's failure for which there is none other. */
export const ASK_DOCTOR = "`ticklake doctor` looks for the cause.";

const DOCTOR = "`ticklake doctor` checks each setting and service.";

/**
 * The advice to the user about an error: its own fix and, if a service failed, the command that
 * looks for the cause.
 */
export function fixOf(error: unknown): string | undefined {
  if (!(error instanceof Failure)) return undefined;
  const { kind, fix } = error;
  if (kind !== "service" || fix?.includes("ticklake doctor")) return fix;
  return fix === undefined ? DOCTOR : `${fix} ${DOCTOR}`;
}

/** An error as one text without secrets: its message and, on a line of its own, the fix. */
export function textWithFix(error: unknown): string {
  const fix = fixOf(error);
  const text = fix === undefined ? messageOf(error) : `${messageOf(error)}\nfix: ${fix}`;
  return OWN_SECRETS.redact(text);
}
