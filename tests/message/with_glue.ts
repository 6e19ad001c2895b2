import { ConsumePlace } from "../commands/consume_place.ts";
import { awsEnv, kafka } from "../services/services.ts";

/** Runs with a place on Kafka and a directory, that reads by Glue's registry. */
export async function withGlue(
  format: string,
  run: (place: ConsumePlace) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-glue-" });
  const place = new ConsumePlace(cwd, kafka());
  Object.assign(place.env, { AWS_REGION: "us-east-1", ...awsEnv() }, {
    SCHEMA_REGISTRY_URL: "glue://default-registry",
    TICKLAKE_MESSAGE_FORMAT: format,
  });
  try {
    await run(place);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
