/** The region that the settings of AWS tools name in the environment; the profile may name one too. */
export function awsRegion(): string | undefined {
  // Of the AWS tools only this SDK does not know AWS_DEFAULT_REGION.
  return Deno.env.get("AWS_REGION") || Deno.env.get("AWS_DEFAULT_REGION") || undefined;
}
