import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { withEmbedded } from "./consume_place.ts";

const AUTHS = {
  ICEBERG_REST_TOKEN: "t0ken",
  ICEBERG_REST_CREDENTIAL: "me:secret",
  ICEBERG_REST_SIGV4: "glue",
};

Deno.test("two ways to authenticate to a REST catalog, and an unknown service to sign for, are wrong usage", () =>
  withEmbedded(async (place) => {
    const run = async (env: Record<string, string>) => {
      // Nobody listens there: nothing may be asked before.
      const rest = { ICEBERG_REST_URI: "http://127.0.0.1:1", AWS_REGION: "us-east-1" };
      const { code, stderr } = await runTicklake(
        ["setup-catalog", "--table-format", "iceberg", "--dry-run"],
        { cwd: place.cwd, env: { ...place.env, ...rest, ...env } },
      );
      return { code, stderr };
    };
    const names = Object.keys(AUTHS);
    const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other]));
    await Promise.all(pairs.map(async (pair) => {
      const given = Object.fromEntries(
        Object.entries(AUTHS).filter(([name]) => pair.includes(name)),
      );
      const { code, stderr } = await run(given);
      assert.equal(code, 2, `${pair}: ${stderr}`);
      assert.match(stderr, new RegExp(`${pair.join(" and ")} are set`), stderr);
      assert.match(stderr, /fix: Set one of them only/);
    }));
    const { code, stderr } = await run({ ICEBERG_REST_SIGV4: "foo" });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /ICEBERG_REST_SIGV4 in the environment.*s3tables/);
  }));
