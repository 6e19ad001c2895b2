import {
  CopyObjectCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { DirectoryCatalog } from "../../mod/table/iceberg/catalogs/directory.ts";
import { RestCatalog } from "../../mod/table/iceberg/catalogs/rest.ts";
import { changeTable } from "../../mod/table/iceberg/change_table.ts";
import { liveEntries, type LiveEntry } from "../../mod/table/iceberg/live_entries.ts";
import { writeSnapshot } from "../../mod/table/iceberg/snapshot.ts";
import { TableFiles } from "../../mod/table/iceberg/table_files.ts";
import { withEnv } from "../lake/s3_bucket.ts";
import { widenedName } from "../repair/widened_name.ts";
import type { Chance } from "./chance.ts";
import { TABLE } from "./flow.ts";
import { type KafkaFlow, PREFIX } from "./kafka_flow.ts";

/** What an object is overwritten with so that it cannot be read any more. */
const CUT_OFF = "PAR1 and no more";

/**
 * Damages a table in each way that `repair` fixes: rows that are gone, an object that cannot be read, and
 * rows that are there twice.
 * @returns how many objects were damaged
 */
export async function damageFiles(flow: KafkaFlow, chance: Chance): Promise<number> {
  if (flow.stage.table === "hive") return await damageHive(flow, chance);
  // The lake's store takes its endpoint and credentials from the environment.
  return await withEnv(flow.stage.s3Env, () => damageIceberg(flow, chance));
}

/** Deletes an object with rows, cuts another off, and copies a third under another name. */
async function damageHive(flow: KafkaFlow, chance: Chance): Promise<number> {
  const Bucket = flow.bucket;
  return await flow.withS3(async (client) => {
    const list = new ListObjectsV2Command({ Bucket, Prefix: `${PREFIX}/${TABLE}/` });
    const { Contents = [] } = await client.send(list);
    const keys = Contents.map(({ Key }) => Key!);
    const take = () => keys.splice(chance.whole(0, keys.length - 1), 1)[0];
    await client.send(new DeleteObjectCommand({ Bucket, Key: take() }));
    await client.send(new PutObjectCommand({ Bucket, Key: take(), Body: CUT_OFF }));
    const Key = take();
    const CopySource = `${Bucket}/${Key}`;
    await client.send(new CopyObjectCommand({ Bucket, CopySource, Key: widenedName(Key) }));
    return 3;
  });
}

/**
 * Deletes a data file that the table still names and cuts another off; a commit takes a third out of the
 * table, and adds a copy of a fourth, as another program may do.
 */
async function damageIceberg(flow: KafkaFlow, chance: Chance): Promise<number> {
  const store = openS3Lake({ bucket: flow.bucket, prefix: PREFIX });
  const files = new TableFiles(store, `s3://${flow.bucket}/${PREFIX}`, TABLE);
  const { namespace, stage } = flow;
  const catalog = stage.catalog === "rest"
    ? new RestCatalog({ uri: stage.restUri, namespace, table: TABLE })
    : new DirectoryCatalog(files);
  try {
    const { entries } = await liveEntries((await catalog.load())!, files);
    const take = (): LiveEntry => entries.splice(chance.whole(0, entries.length - 1), 1)[0];
    const [deleted, cutOff, gone, twice] = [take(), take(), take(), take()];
    const copy = twice.name.replace(".parquet", `.copy${chance.whole(0, 1e9)}.parquet`);
    await store.put(copy, await store.get(twice.name));
    await changeTable({ catalog, table: TABLE }, async (base) => {
      const file = { ...twice.file, file_path: files.uri(copy, base.metadata.location) };
      const change = {
        added: [{ specId: twice.specId, file }],
        removed: new Set([gone.file.file_path]),
      };
      return await writeSnapshot(base, files, change, Date.now());
    });
    await store.remove(deleted.name);
    await store.put(cutOff.name, new TextEncoder().encode(CUT_OFF));
    return 4;
  } finally {
    catalog.close();
    store.close();
  }
}
