import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { Failure } from "../../../mod/failure/failure.ts";
import { CompactReader } from "../../../mod/lake/format/parquet/compact_reader.ts";
import { readFooter } from "../../../mod/lake/format/parquet/footer.ts";
import { pageHeaders } from "../../../mod/lake/format/parquet/page_headers.ts";
import { readObject } from "../../../mod/lake/format/read_object.ts";
import { parseObjectName } from "../../../mod/lake/layout.ts";
import { checkMessage } from "../../../mod/schema/check_message.ts";
import { isJson } from "../../../mod/schema/is_json.ts";
import { loadSchema } from "../../../mod/schema/load_schema.ts";
import { MessageReader } from "../../../mod/schema/message_reader.ts";
import { readAvroFile } from "../../../mod/table/iceberg/avro_file.ts";
import { outcomeOf } from "../../source/outcome.ts";
import { heldRow } from "./held_row.ts";
import { MESSAGE_TARGETS } from "./message_targets.ts";
import { readBatches, sealed } from "./read_batches.ts";

/** A reader of bytes that others chose. */
export interface Target {
  /** Its name, and the folder of its corpus. */
  name: string;
  /** @throws when it does what it must not, besides a {@linkcode Failure} */
  run(bytes: Uint8Array): void | Promise<void>;
  /** Bytes that the process may grow by over all inputs. @default {512 MiB: Parquet may become 256 MiB} */
  mostGrown?: number;
}

const quotes = await loadSchema();
const reader = new MessageReader(quotes, (value) => checkMessage(quotes, value));
function isJsonByEngine(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

async function objectOf(extension: string, bytes: Uint8Array): Promise<void> {
  const name = `index_quotes/dt=2026-11-24/q-0-${"0".repeat(16)}-${"0".repeat(16)}.${extension}`;
  await readObject(name, parseObjectName(name)!, bytes, quotes.columns);
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  {
    name: "record-batch",
    mostGrown: 384 * 2 ** 20,
    run(bytes) {
      readBatches(bytes);
      readBatches(sealed(bytes));
    },
  },
  {
    name: "json",
    run(bytes) {
      const checked = checkMessage(quotes, bytes);
      const reason = reader.read(bytes);
      assert.deepEqual(reason ?? heldRow(quotes, reader), checked);
      // What it is asked about is UTF-8 without a byte order mark.
      if (isUtf8(bytes) && bytes[0] !== 0xef) assert.equal(isJson(bytes), isJsonByEngine(bytes));
    },
  },
  {
    name: "csv",
    async run(bytes) {
      const whole = await settled(outcomeOf(bytes, quotes));
      const inPieces = await settled(outcomeOf(bytes, quotes, [1, 7, 64]));
      assert.deepEqual(inPieces, whole);
    },
  },
  { name: "parquet", run: (bytes) => objectOf("parquet", bytes) },
  { name: "jsonl", run: (bytes) => objectOf("jsonl", bytes) },
  { name: "jsonl-gzip", run: (bytes) => objectOf("jsonl.gz", bytes) },
  {
    name: "avro",
    run(bytes) {
      readAvroFile(bytes, "manifest.avro");
    },
  },
  ...MESSAGE_TARGETS,
  {
    name: "thrift",
    run(bytes) {
      const reader = new CompactReader(bytes);
      read(() => {
        reader.struct((_, type) => reader.skip(type));
        assert.ok(reader.at <= bytes.length);
      });
      read(() => {
        for (const { at, compressedBytes, uncompressedBytes, values } of pageHeaders(bytes)) {
          assert.ok(at + compressedBytes <= bytes.length);
          assert.ok(Math.min(compressedBytes, uncompressedBytes, values) >= 0);
        }
      });
      refusedFooter(bytes);
    },
  },
];

/** A footer that hyparquet refuses as it may, but for lack of room or stack. */
function refusedFooter(footer: Uint8Array): void {
  const file = new Uint8Array(footer.length + 8);
  file.set(footer);
  new DataView(file.buffer).setUint32(footer.length, footer.length, true);
  file.set(new TextEncoder().encode("PAR1"), footer.length + 4);
  try {
    readFooter(file);
  } catch (error) {
    if (error instanceof RangeError && /length|stack|allocation/.test(error.message)) throw error;
  }
}

/** Damaged Thrift is an error in words. */
function read(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
  }
}

/** What came of it, a failure as its message. */
async function settled<T>(promise: Promise<T>): Promise<T | string> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}
