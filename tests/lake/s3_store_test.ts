import { openS3Lake } from "../../mod/lake/s3.ts";
import { awsEnv, type Need, realS3Env, serviceTest } from "../services/services.ts";
import { newBucket, withEnv } from "./s3_bucket.ts";
import { storeContract } from "./store_contract.ts";

const SERVERS: ReadonlyArray<readonly [name: string, need: Need, env: Record<string, string>]> = [
  ["S3 API of moto", "s3", awsEnv()],
  ["S3 server", "real-s3", realS3Env()],
];

for (const [name, need, env] of SERVERS) {
  let bucket: string | undefined;
  storeContract(name, (path) => openS3Lake({ bucket: bucket!, prefix: `lakes/${path}` }), {
    creators: need === "s3" ? 1 : undefined,
    test: (name, run) =>
      serviceTest(name, { needs: [need] }, () =>
        withEnv(env, async () => {
          bucket ??= await newBucket();
          await run();
        })),
  });
}
