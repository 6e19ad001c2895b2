import assert from "node:assert/strict";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { countOffsets, type OffsetRange } from "../../mod/verify/offset_range.ts";

type Finding = "missing" | "duplicate" | "foreign" | "forms";

/** Lakes that release 0.1.0 leaves after what people do (see make.py), and what is wrong with each. */
const LAKES: Readonly<Record<string, Finding>> = {
  "topic-again": "duplicate",
  "topic-again-running": "foreign",
  "offsets-deleted": "duplicate",
  "second-group": "duplicate",
  "moved-forward": "missing",
  "moved-back": "duplicate",
  "shorter-log": "foreign",
  "two-formats": "forms",
  "two-clusters": "duplicate",
  "late-object": "duplicate",
  "row-and-letter": "duplicate",
};

for (const [name, finding] of Object.entries(LAKES)) {
  Deno.test(`verify --deep says not ok of a lake of 0.1.0: ${name}`, async () => {
    const verdict = await verdictOf(name);
    assert.ok(!isProved(verdict));
    assert.ok(count(verdict, finding) > 0, JSON.stringify(verdict));
  });
}

/** Verifies a copy: who opens a log of 0.1.0 gives it an id. */
async function verdictOf(name: string): Promise<TableVerdict> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-faulty-" });
  const source = new URL(`faulty_lakes/${name}/`, import.meta.url);
  const store = openDirectoryLake(new URL("lake", source).pathname);
  await Deno.copyFile(new URL("log.sqlite", source), `${folder}/log.sqlite`);
  const broker = await openEmbeddedBroker(`${folder}/log.sqlite`);
  try {
    return await verify({
      broker,
      store,
      topic: "index-quotes",
      group: "ticklake",
      table: "index_quotes",
      deep: true,
      signal: new AbortController().signal,
    });
  } finally {
    await broker.close();
    store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function count({ partitions, forms }: TableVerdict, finding: Finding): number {
  if (finding === "forms") return forms.length;
  return partitions.reduce(
    (sum, partition) => sum + countOffsets(partition[finding] as OffsetRange[]),
    0,
  );
}
