import { Buffer } from "node:buffer";
import type { Mechanism } from "kafkajs";
import { KafkaJSSASLAuthenticationError } from "kafkajs/src/errors.js";
import { messageOf } from "../../failure/failure.ts";
import { OWN_SECRETS } from "../../failure/secrets.ts";

/**
 * A login with the host's own AWS role, by AWS's signer. The token is a signed URL that holds for 15
 * minutes, a new one for each login.
 *
 * kafkajs's own OAUTHBEARER takes any answer for a success. A broker that refuses the token answers
 * with the reason as JSON (RFC 7628, section 3.2.2) and closes the connection at the next request.
 * @param region of the cluster
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

/** kafkajs's error of a refused login (so it is tried again as those are), with its own way out. */
function loginError(message: string, fix: string): Error {
  return Object.assign(new KafkaJSSASLAuthenticationError(message), { fix });
}

/** The bytes after their number, as Kafka's protocol has them. */
function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}
