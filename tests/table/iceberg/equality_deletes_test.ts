import assert from "node:assert/strict";
import { openDirectoryLake } from "../../../mod/lake/directory.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { liveEntries } from "../../../mod/table/iceberg/live_entries.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { runTicklake, serviceTest } from "../../services/services.ts";
import { runTool } from "../../services/tools_folder.ts";
import { addDeletes } from "./add_deletes.ts";

const ENV = { TICKLAKE_TABLE_FORMAT: "iceberg" };
const SEND = ["produce", "--mode", "replay", "--rate", "max", "--count", "2000"];
const SUMS =
  "SELECT count(*) AS n, sum(kafka_offset) AS offsets, sum(volume) AS volume FROM index_quotes";

serviceTest(
  "rows deleted by equality delete files: DuckDB, the local engine and verify agree, before and after maintain",
  { needs: ["iceberg-readers"] },
  async () => {
    const home = await Deno.makeTempDir();
    const ok = async (...words: string[]) => {
      const { code, stdout, stderr } = await runTicklake([...words, "--home", home, "--json"], {
        env: ENV,
      });
      assert.equal(code, 0, stdout + stderr);
      return JSON.parse(stdout);
    };
    const duckdb = async (): Promise<number[]> => {
      const folder = `${home}/lake/index_quotes/metadata`;
      const version = await Deno.readTextFile(`${folder}/version-hint.text`);
      const script = new URL("count_duckdb.py", import.meta.url).pathname;
      const args = [script, `${folder}/v${version}.metadata.json`];
      return JSON.parse(await runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, args));
    };
    /** @returns rows that all three see */
    const agreed = async (deleted: number, when: string): Promise<number> => {
      const [{ n, offsets, volume }] = await ok("query", SUMS);
      assert.deepEqual([n, offsets, volume], await duckdb(), when);
      const verdict = await ok("verify", "--deep");
      const { ok: isOk, found, missing, unproven } = verdict;
      assert.deepEqual([isOk, found, missing, unproven], [true, n, 0, 0], when);
      assert.equal(verdict.deleted, deleted, when);
      return n;
    };
    try {
      await ok(...SEND);
      await ok("consume", "--until-end", "--flush-rows", "300");
      const files = new TableFiles(
        openDirectoryLake(`${home}/lake`),
        `file://${home}/lake`,
        "index_quotes",
      );
      const catalog = new DirectoryCatalog(files);
      const { entries: [entry] } = await liveEntries((await catalog.load())!, files);
      const of = async (where: string) =>
        (await ok("query", `SELECT count(*) AS n FROM index_quotes WHERE ${where}`))[0].n;
      // Every type that the columns have: string, date, double, long; several columns; a value that is in no row.
      const byIndex = await of("\"index\" = 'HSI'");
      assert.ok(byIndex > 0 && byIndex < 2000);
      await addDeletes(catalog, files, entry, { columns: ["index"], values: [["HSI"], ["?"]] });
      const [{ date, close }] = await ok(
        "query",
        'SELECT "date", close FROM index_quotes ORDER BY kafka_partition, kafka_offset LIMIT 1',
      );
      const byBoth = await of(`"date" = '${date}' AND close = ${close}`);
      await addDeletes(catalog, files, entry, {
        columns: ["date", "close"],
        values: [[date, close], [date, -1]],
      });
      assert.ok(byBoth > 0);
      const rest = 2000 - byIndex - byBoth;
      assert.equal((await ok("query", SUMS))[0].n, rest);
      await addDeletes(catalog, files, entry, {
        columns: ["kafka_partition", "kafka_offset"],
        values: [[0, 10], [0, 11], [1, 12]],
      });
      const left = (await ok("query", SUMS))[0].n;
      assert.ok(left >= rest - 3 && left < rest);
      // Rows that come later with the same values stay.
      await ok(...SEND);
      assert.equal((await ok("consume", "--until-end")).written, 2000);
      assert.equal(await agreed(2000 - left, "further"), 2000 + left);
      const { deleteFiles } = await ok("maintain");
      assert.equal(deleteFiles, 3);
      assert.equal((await ok("status")).table.deleteFiles, 0);
      assert.equal(await agreed(2000 - left, "maintained"), 2000 + left);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);
