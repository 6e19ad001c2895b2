/**
 * Where requests to a service go when not to AWS's own address for the region: a service's own variable
 * comes before the common one, as in every AWS tool.
 * @param service such as `s3` or `glue`
 */
export function endpointSet(service: string): string | undefined {
  return Deno.env.get(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ||
    Deno.env.get("AWS_ENDPOINT_URL") || undefined;
}

/** Whether an endpoint is AWS's, of a region or of a VPC. */
export function isOfAws(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? "";
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(host);
}
