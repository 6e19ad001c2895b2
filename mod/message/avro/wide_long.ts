import avro from "avsc";

/** What `avsc` reads from and writes to; its types leave it out. */
interface Tap {
  readonly buf: Uint8Array;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
}

/** `avsc` reads twice the number first, as a double; beyond, also the sign may be wrong. */
const MOST_READ_EXACTLY = 2 ** 51;

/** Largest whole number that `avsc` writes. */
const MOST_OF_AVSC = Number.MAX_SAFE_INTEGER - 1;

const LongType = avro.types.LongType as unknown as new () => avro.Type;

/** Avro's `long` whose values beyond 2^53 are bigints; `avsc`'s own refuses a record with one. */
class WideLong extends LongType {
  _read(tap: Tap): number | bigint {
    const start = tap.pos;
    const number = tap.readLong();
    return Math.abs(number) < MOST_READ_EXACTLY ? number : wideLong(tap.buf, start);
  }

  _check(value: unknown, _: unknown, hook?: (value: unknown, type: avro.Type) => void): boolean {
    const isLong = typeof value === "bigint"
      ? BigInt.asIntN(64, value) === value
      : Number.isSafeInteger(value);
    if (!isLong) hook?.(value, this);
    return isLong;
  }

  _write(tap: Tap, value: number | bigint): void {
    if (typeof value === "number" && Math.abs(value) <= MOST_OF_AVSC) return tap.writeLong(value);
    const long = BigInt(value);
    let zigzag = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
    // A buffer that is too small ignores what is beyond its end; avsc then writes again, into a larger one.
    for (; zigzag > 0x7fn; zigzag >>= 7n) tap.buf[tap.pos++] = Number(zigzag & 0x7fn) | 0x80;
    tap.buf[tap.pos++] = Number(zigzag);
  }
}

function wideLong(bytes: Uint8Array, at: number): number | bigint {
  let zigzag = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[at++] ?? 0;
    zigzag |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const long = BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
  return Number.isSafeInteger(Number(long)) ? Number(long) : long;
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
