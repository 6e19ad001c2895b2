import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { OWN_SECRETS } from "../failure/secrets.ts";

type DefaultProvider = typeof defaultProvider;

/**
 * The credentials of every AWS tool (environment, profile, role). Their secrets are redacted from then on: a service
 * may repeat in its answer what it was asked.
 */
export function keptCredentials(
  ...options: Parameters<DefaultProvider>
): ReturnType<DefaultProvider> {
  const provider = defaultProvider(...options);
  return async (properties) => {
    const credentials = await provider(properties);
    OWN_SECRETS.keep(credentials.secretAccessKey, credentials.sessionToken);
    return credentials;
  };
}
