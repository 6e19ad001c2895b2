import assert from "node:assert/strict";
import { meantName, meantSdkName } from "../../mod/config/meant_name.ts";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";

const OURS = ALL_SETTINGS.flatMap(([, { env }]) => env ?? []);

const MEANT: ReadonlyArray<readonly [found: string, meant: string]> = [
  ["BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"],
  ["BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"],
  ["KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS"],
  ["KAFKA_BROKER", "KAFKA_BOOTSTRAP_SERVERS"],
  ["KAFKA_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"],
  ["KAFKA_HOST", "KAFKA_BOOTSTRAP_SERVERS"],
  ["KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"],
  ["kafka_bootstrap_servers", "KAFKA_BOOTSTRAP_SERVERS"],
  ["AWS_BUCKET", "AWS_S3_BUCKET"],
  ["S3_BUCKET", "AWS_S3_BUCKET"],
  ["BUCKET_NAME", "AWS_S3_BUCKET"],
  ["AWS_S3_BUCKET_NAME", "AWS_S3_BUCKET"],
  ["TOPIC", "KAFKA_TOPIC"],
  ["KAFKA_TOPIC_NAME", "KAFKA_TOPIC"],
  ["TOPICS", "KAFKA_TOPIC"],
  ["KAFKA_GROUP", "KAFKA_GROUP_ID"],
  ["GROUP_ID", "KAFKA_GROUP_ID"],
  ["CONSUMER_GROUP", "KAFKA_GROUP_ID"],
  ["KAFKA_CONSUMER_GROUP_ID", "KAFKA_GROUP_ID"],
  ["KAFKA_USERNAME", "KAFKA_SASL_USERNAME"],
  ["KAFKA_USER", "KAFKA_SASL_USERNAME"],
  ["KAFKA_PASSWORD", "KAFKA_SASL_PASSWORD"],
  ["SASL_PASSWORD", "KAFKA_SASL_PASSWORD"],
  ["KAFKA_CA_FILE", "KAFKA_SSL_CA_FILE"],
  ["S3_PREFIX", "TICKLAKE_PREFIX"],
  ["FLUSH_INTERVAL", "TICKLAKE_FLUSH_INTERVAL"],
  ["TICKLAKE_FLUSHINTERVAL", "TICKLAKE_FLUSH_INTERVAL"],
];

for (const [found, meant] of MEANT) {
  Deno.test(`${found} is taken for ${meant}`, () => assert.equal(meantName(found, OURS), meant));
}

const MEANT_OF_SDK: ReadonlyArray<readonly [found: string, meant: string]> = [
  ["REGION", "AWS_REGION"],
  ["S3_REGION", "AWS_REGION"],
  ["AWS_REGON", "AWS_REGION"],
  ["AWS_ENDPOINT", "AWS_ENDPOINT_URL"],
  ["S3_ENDPOINT", "AWS_ENDPOINT_URL"],
  ["S3_ENDPOINT_URL", "AWS_ENDPOINT_URL"],
  ["MINIO_ENDPOINT", "AWS_ENDPOINT_URL"],
  ["AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"],
  ["S3_ACCESS_KEY", "AWS_ACCESS_KEY_ID"],
  ["AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"],
  ["AWS_SECRET", "AWS_SECRET_ACCESS_KEY"],
  ["SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"],
  ["AWS_TOKEN", "AWS_SESSION_TOKEN"],
  ["aws_region", "AWS_REGION"],
];

for (const [found, meant] of MEANT_OF_SDK) {
  Deno.test(`${found} is taken for the AWS SDK's ${meant}`, () => {
    assert.equal(meantName(found, OURS), undefined);
    assert.equal(meantSdkName(found), meant);
  });
}

Deno.test("a name of another program is taken for none of ours", () => {
  for (
    const name of [
      "AWS_REGION",
      "AWS_DEFAULT_REGION",
      "AWS_PROFILE",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "AWS_ENDPOINT_URL",
      "AWS_ENDPOINT_URL_S3",
      "AWS_CA_BUNDLE",
      "AWS_ROLE_ARN",
      "AWS_CONFIG_FILE",
      "AWS_SHARED_CREDENTIALS_FILE",
      "KAFKA_HOME",
      "KAFKA_OPTS",
      "KAFKA_HEAP_OPTS",
      "HOME",
      "PATH",
      "TZ",
      "LANG",
      "HTTPS_PROXY",
      "JAVA_HOME",
      "DATABASE_URL_OF_ANOTHER",
    ]
  ) {
    assert.equal(meantName(name, OURS), undefined, name);
    assert.equal(meantSdkName(name), undefined, name);
  }
});
