import { endpointSet, isOfAws } from "../aws/environment.ts";
import { Failure } from "../failure/failure.ts";

/**
 * The server that holds the lake, where AWS's Glue and Athena cannot read it: they read buckets of AWS
 * alone. `undefined` if they can, or where the service too is of another server, which may.
 */
export function lakeOutOfReach(service: "glue" | "athena"): string | undefined {
  const lake = endpointSet("s3");
  if (lake === undefined || isOfAws(lake)) return undefined;
  return endpointSet(service) === undefined ? lake : undefined;
}

/**
 * Refuses a service for a lake that it cannot read, before anything is made.
 * @throws {Failure} kind `usage`, naming the lake's server and what works there
 */
export function requireLakeInReach(service: "glue" | "athena"): void {
  const lake = lakeOutOfReach(service);
  if (lake === undefined) return;
  const name = service === "glue" ? "Glue" : "Athena";
  throw new Failure("usage", `the lake is at ${lake}, but ${name} only reads buckets on AWS`, {
    fix:
      `\`ticklake query --engine local\` reads a lake on any S3 server, and needs no catalog. If another server provides ${name}, set AWS_ENDPOINT_URL_${service.toUpperCase()}.`,
  });
}
