/** The region that the settings of AWS tools name in the environment; the profile may name one too. */
export function awsRegion(): string | undefined {
  // Of the AWS tools only this SDK does not know AWS_DEFAULT_REGION.
  return Deno.env.get("AWS_REGION") || Deno.env.get("AWS_DEFAULT_REGION") || undefined;
}

/**
 * Where requests to a service go when not to AWS's own address for the region: a service's own variable
 * comes before the common one, as in every AWS tool. For people and comparisons, so without the user
 * information that the variable may have.
 * @param service such as `s3` or `glue`
 */
export function endpointSet(service: string): string | undefined {
  const text = Deno.env.get(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ||
    Deno.env.get("AWS_ENDPOINT_URL") || undefined;
  return text?.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, "$1");
}

/** Whether an endpoint is AWS's, of a region or of a VPC. */
export function isOfAws(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? "";
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(host);
}
