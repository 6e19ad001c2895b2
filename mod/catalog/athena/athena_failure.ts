import type { QueryExecutionStatus } from "@aws-sdk/client-athena";
import { isNamed } from "../../aws/api.ts";
import { Failure, type FailureKind, messageOf } from "../../failure/failure.ts";

/** Athena's category of errors that the user can fix. Source: Athena API, AthenaError. */
const USER_ERROR = 2;

/** Beginnings of Athena's messages, and what to do about them. */
const FIXES: ReadonlyArray<readonly [pattern: RegExp, kind: FailureKind, fix: string]> = [
  [
    /TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|Table .* does not exist|Schema .* does not exist/i,
    "usage",
    "Set the catalog up: ticklake setup-catalog --create-role --run --wait (or --projection); --database names another.",
  ],
  [
    /COLUMN_NOT_FOUND|cannot be resolved/i,
    "usage",
    "`ticklake setup-catalog` prints the table's columns; put names with capitals and reserved words in double quotes.",
  ],
  [
    /mismatched input|extraneous input|SYNTAX_ERROR|line \d+:\d+/i,
    "usage",
    'Reserved words such as "index" and "date" stand in double quotes (in a shell, put the whole SQL in single quotes).',
  ],
  [
    /HIVE_PARTITION_SCHEMA_MISMATCH|HIVE_BAD_DATA/,
    "failed",
    "An object does not fit the table's columns: was it written with another schema? `ticklake setup-catalog --dry-run` compares.",
  ],
  [
    /access denied|AccessDenied|insufficient permissions|not authorized|PERMISSION/i,
    "service",
    "`ticklake setup-catalog --print-policy query` prints all permissions that a query needs, results included.",
  ],
  [
    /WorkGroup|workgroup/,
    "usage",
    "--workgroup (TICKLAKE_WORKGROUP) names an Athena workgroup of this region.",
  ],
  [
    /bucket|output location/i,
    "usage",
    "--output-location (TICKLAKE_ATHENA_OUTPUT) names s3://BUCKET/PATH/ in this region.",
  ],
  [
    /throttl|rate exceeded|EXHAUSTED|too many/i,
    "service",
    "Athena has no capacity at the moment: try again in a minute.",
  ],
];

/** What a refused statement, or a query that has not succeeded, means for a user. */
export function queryFailure(
  found: unknown,
  sql: string,
  id?: string,
): unknown {
  if (found instanceof Failure) return found;
  if (found instanceof Error) {
    if (!isNamed(found, "InvalidRequestException", "MetadataException")) return found;
    return explain(messageOf(found), "usage", sql, found);
  }
  const { State, StateChangeReason, AthenaError } = found as QueryExecutionStatus;
  const where = id === undefined ? "" : ` (query ${id})`;
  const reason = StateChangeReason ?? AthenaError?.ErrorMessage ?? "Athena gives no reason";
  if (State === "CANCELLED") {
    return new Failure("failed", `Athena: the query was cancelled: ${reason}${where}`);
  }
  const kind = AthenaError?.ErrorCategory === USER_ERROR
    ? "usage"
    : AthenaError?.Retryable
    ? "service"
    : "failed";
  return explain(reason + where, kind, sql, found);
}

function explain(message: string, kind: FailureKind, sql: string, cause: unknown): Failure {
  const known = FIXES.find(([pattern]) => pattern.test(message));
  const at = /line (\d+):(\d+)/.exec(message);
  const line = at === null ? undefined : sql.split("\n")[Number(at[1]) - 1];
  const shown = line === undefined ? "" : `\n  ${line}\n  ${" ".repeat(Number(at![2]) - 1)}^`;
  return new Failure(known?.[1] ?? kind, `Athena: ${message}${shown}`, { fix: known?.[2], cause });
}
