import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import { ownEntry } from "../files/own_entry.ts";

/**
 * Makes sure that the directory of the embedded parts is there: what asks the lake does not make one, as in
 * a folder where nobody meant to have it.
 * @throws {Failure} kind `failed`, saying what makes one
 */
export function requireHome({ home }: Settings): void {
  if (ownEntry(home) !== undefined) return;
  throw new Failure("failed", `there is no lake: ${home} does not exist`, {
    fix:
      "Make one with `ticklake produce` and `ticklake consume`, name the lake's bucket with AWS_S3_BUCKET, or its directory with --home.",
  });
}
