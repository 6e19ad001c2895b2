import { Failure } from "../../failure/failure.ts";
import { type GlueTarget, tableLocation } from "./glue_target.ts";
import type { ProjectedDays } from "./projected_days.ts";

/**
 * Table parameters with which Athena computes the partitions from the query instead of asking the
 * catalog. Source: Amazon Athena, "Set up partition projection".
 * @throws {Failure} kind `usage`, when the partitions cannot be computed
 */
export function projectionParameters(
  target: GlueTarget,
  { first, ahead }: ProjectedDays,
): Record<string, string> {
  const { partitionColumns } = target;
  if (partitionColumns.length === 0) return {};
  const others = partitionColumns.filter((name) => name !== "dt" && name !== "hour");
  if (others.length > 0 || !partitionColumns.includes("dt")) {
    throw new Failure(
      "usage",
      `--projection computes the partitions dt and hour; --partition-by makes ${
        partitionColumns.join(", ")
      }`,
      { fix: "Omit --projection: the crawler finds partitions of any kind." },
    );
  }
  const template = partitionColumns.map((name) => `${name}=\${${name}}/`).join("");
  return {
    "projection.enabled": "true",
    "projection.dt.type": "date",
    "projection.dt.format": "yyyy-MM-dd",
    "projection.dt.range": `${first},NOW+${ahead}DAYS`,
    "projection.dt.interval": "1",
    "projection.dt.interval.unit": "DAYS",
    ...partitionColumns.includes("hour") && {
      "projection.hour.type": "integer",
      "projection.hour.range": "0,23",
      "projection.hour.digits": "2",
    },
    "storage.location.template": tableLocation(target) + template,
  };
}

/** The days that a table's projection covers, where it has one of ours. */
export function projectedDays(
  parameters: Record<string, string> | undefined,
): ProjectedDays | undefined {
  if (parameters?.["projection.enabled"] !== "true") return undefined;
  const range = parameters["projection.dt.range"] ?? "";
  const [, first, ahead] = /^(\d{4}-\d\d-\d\d),NOW\+(\d+)DAYS$/.exec(range) ?? [];
  return first === undefined ? undefined : { first, ahead: Number(ahead) };
}
