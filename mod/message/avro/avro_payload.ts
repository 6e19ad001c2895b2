import { Buffer } from "node:buffer";
import avro from "avsc";
import { boundCollections } from "../../files/avsc_repairs.ts";
import type { Fields } from "../fields.ts";
import type { PayloadReader } from "../payload.ts";
import { avroDraft } from "./avro_draft.ts";
import { avroScan } from "./avro_scan.ts";
import { logicalTypes } from "./logical_types.ts";
import { wideLongs } from "./wide_long.ts";

/**
 * Reads what an Avro schema has written.
 * @param schema the writer's, as JSON
 * @param references further schemas, in the order in which they use each other
 * @throws {Error} when it is no Avro schema of a record
 */
export function avroPayload(schema: string, references: readonly string[] = []): PayloadReader {
  boundCollections();
  let isDecimal = false;
  const logical = logicalTypes(() => isDecimal = true);
  const options = {
    registry: {},
    logicalTypes: logical,
    typeHook: wideLongs(Object.keys(logical)),
  };
  for (const reference of references) avro.Type.forSchema(JSON.parse(reference), options);
  const decimals: string[] = [];
  const fields: string[] = [];
  const record = avro.Type.forSchema(JSON.parse(schema), options);
  if (!(record instanceof avro.types.RecordType)) {
    throw new Error(`expected an Avro record, found ${record.typeName}`);
  }
  for (const field of record.fields) {
    fields.push(field.name);
    if (isDecimal && JSON.stringify(field.type.schema({ exportAttrs: true })).includes(DECIMAL)) {
      decimals.push(field.name);
    }
  }
  const types = record.fields.map((field) =>
    [
      field.name,
      field.type.schema({ exportAttrs: true }),
    ] as const
  );
  return {
    fields,
    decimals,
    draft: () => avroDraft(record),
    scan: (schema, columnOf) =>
      avroScan(schema, types.map(([name, type]) => ({ type, column: columnOf(name) }))),
    read(payload) {
      const { buffer, byteOffset, byteLength } = payload;
      return unwrapped(record.fromBuffer(Buffer.from(buffer, byteOffset, byteLength)) as Fields);
    },
  };
}

const DECIMAL = '"logicalType":"decimal"';

/** A value of a union that cannot tell its types apart comes in an object of avsc's. */
interface Branch {
  unwrap?(): unknown;
}

function unwrapped(fields: Fields): Fields {
  for (const name in fields) {
    const value = fields[name];
    if (typeof value !== "object" || value === null) continue;
    const { unwrap } = value as Branch;
    if (typeof unwrap === "function") fields[name] = unwrap.call(value);
  }
  return fields;
}
