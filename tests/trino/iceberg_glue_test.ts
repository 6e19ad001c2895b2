import assert from "node:assert/strict";
import { propertiesOf, snippet } from "../docs/snippet.ts";
import { awsEnv, serviceTest, uniqueName } from "../services/services.ts";
import {
  askTrino,
  createCatalog,
  dropCatalog,
  glueProperties,
  s3Properties,
} from "../services/trino/trino_client.ts";
import { comparedStatements, compareInTrino, QuotesPlace, ROWS } from "./quotes_place.ts";

serviceTest(
  "Trino answers the examples as the local engine does, of the Iceberg table that setup-catalog has created in Glue",
  { needs: ["trino", "aws"], sanitizeOps: false, sanitizeResources: false },
  async (t) => {
    await using at = await QuotesPlace.create({
      TICKLAKE_TABLE_FORMAT: "iceberg",
      // Else a directory catalog, as this is no AWS.
      TICKLAKE_ICEBERG_CATALOG: "glue",
    });
    const catalog = uniqueName("lake").replaceAll("-", "_");
    const page = snippet("docs/iceberg.md", "properties", "iceberg.catalog.type=glue");
    const { "connector.name": connector, ...properties } = propertiesOf(page);
    const addresses = { ...glueProperties(awsEnv()), ...s3Properties(awsEnv()) };
    await createCatalog(catalog, connector, { ...properties, ...addresses });
    const ask = async (sql: string) => (await askTrino(sql, { catalog, schema: at.database })).rows;
    try {
      await at.run("setup-catalog");
      assert.deepEqual(await ask("SELECT count(*) FROM index_quotes"), [[0]]);
      await at.produce();
      await at.run("consume", "--until-end", "--flush-rows", "1000");
      const statements = await comparedStatements("date_trunc('day', kafka_timestamp)");
      const answers = await at.answers(statements);
      const compared = { statements, answers, catalog, schema: at.database };
      await compareInTrino(t, { ...compared, kind: "Iceberg" });
      // Trino commits to Glue, and consume after it.
      const files = 'SELECT count(*) FROM "index_quotes$files"';
      const [[before]] = await ask(files);
      await ask("ALTER TABLE index_quotes EXECUTE optimize");
      const [[after]] = await ask(files);
      assert.ok(Number(after) < Number(before), `${before}, ${after}`);
      await at.produce();
      await at.run("consume", "--until-end");
      assert.deepEqual(await ask("SELECT count(*) FROM index_quotes"), [[2 * ROWS]]);
      const { ok, missing, duplicate } = JSON.parse(await at.run("verify", "--deep", "--json"));
      assert.deepEqual({ ok, missing, duplicate }, { ok: true, missing: 0, duplicate: 0 });
    } finally {
      await dropCatalog(catalog);
    }
  },
);
