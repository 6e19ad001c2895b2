import avro from "avsc";

/** What `avsc` reads from; its types leave it out. */
interface Tap {
  readonly buf: Uint8Array;
  pos: number;
  readLong(): number;
}

const LongType = avro.types.LongType as unknown as new () => avro.Type;

/** Avro's `long` whose values beyond 2^53 are bigints; `avsc`'s own refuses the whole record for one. */
class WideLong extends LongType {
  _read(tap: Tap): number | bigint {
    const start = tap.pos;
    const number = tap.readLong();
    return Number.isSafeInteger(number) ? number : wideLong(tap.buf, start);
  }
}

function wideLong(bytes: Uint8Array, at: number): bigint {
  let zigzag = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[at++] ?? 0;
    zigzag |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
}

/**
 * A hook for `avsc` that makes every `long` one of {@linkcode WideLong}, also below a logical type: for
 * such a one `avsc` asks twice, first for the logical type itself.
 */
export function wideLongs(
  logicalTypes: readonly string[],
): (schema: avro.Schema) => avro.Type | undefined {
  const long = new WideLong();
  const asked = new Set<unknown>();
  return (schema) => {
    if (schema === "long") return long;
    const { type, logicalType } = schema as { type?: unknown; logicalType?: string };
    if (type !== "long") return undefined;
    const isLogical = logicalType !== undefined && logicalTypes.includes(logicalType);
    if (!isLogical || asked.has(schema)) return long;
    asked.add(schema);
    return undefined;
  };
}
