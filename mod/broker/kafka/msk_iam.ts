import { Buffer } from "node:buffer";
import type { Mechanism } from "kafkajs";
import { KafkaJSSASLAuthenticationError } from "kafkajs/src/errors.js";
import { messageOf } from "../../failure/failure.ts";
import { OWN_SECRETS } from "../../failure/secrets.ts";

/**
 * A login with the host's AWS role, by AWS's signer. The token is a signed URL, valid for 15
 * minutes, and new for each login.
 *
 * kafkajs's own OAUTHBEARER takes any response for success. A broker that refuses the token answers
 * with the reason as JSON (RFC 7628, section 3.2.2) and closes the connection at the next request.
 * @param region the cluster's region
 */
export function mskIam(region: string): Mechanism {
  return {
    mechanism: "oauthbearer",
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const message = `n,,\x01auth=Bearer ${await token(region)}\x01\x01`;
        const answer = await saslAuthenticate<string>({
          request: { encode: () => sized(Buffer.from(message)) },
          response: { decode: (bytes) => bytes, parse: (bytes) => bytes.subarray(4).toString() },
        });
        if (answer) {
          throw loginError(
            `MSK does not accept these AWS credentials: ${answer}`,
            "Allow kafka-cluster:Connect on the cluster in this host's role.",
          );
        }
      },
    }),
  };
}

async function token(region: string): Promise<string> {
  const { generateAuthTokenFromCredentialsProvider } = await import("aws-msk-iam-sasl-signer-js");
  const { keptCredentials } = await import("../../aws/kept_credentials.ts");
  try {
    const { token } = await generateAuthTokenFromCredentialsProvider({
      region,
      awsCredentialsProvider: keptCredentials(),
    });
    OWN_SECRETS.keep(token);
    return token;
  } catch (error) {
    throw loginError(
      `there are no AWS credentials: ${messageOf(error)}`,
      "Give this host a role (EC2 instance profile), or set AWS_PROFILE.",
    );
  }
}

/** kafkajs's error for a refused login (so it is retried like those), with a fix of its own. */
function loginError(message: string, fix: string): Error {
  return Object.assign(new KafkaJSSASLAuthenticationError(message), { fix });
}

/** Length-prefixed bytes, as in Kafka's protocol. */
function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}
