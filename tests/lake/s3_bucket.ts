import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { requestHandler } from "../../mod/aws/request_handler.ts";

/** Runs with variables in the environment, where the AWS SDK looks, and puts back what was there. */
export async function withEnv<T>(
  env: Record<string, string>,
  run: () => T | Promise<T>,
): Promise<T> {
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

/** Creates a bucket of its own and gives its name. */
export async function newBucket(): Promise<string> {
  const bucket = `ticklake-${crypto.randomUUID()}`;
  const { handler, close } = requestHandler();
  const client = new S3Client({ forcePathStyle: true, requestHandler: handler });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  close();
  return bucket;
}
