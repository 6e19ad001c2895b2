import avro from "avsc";

/** What `avsc` reads from; its types leave it out. */
interface Tap {
  readonly buf: Uint8Array;
  readonly pos: number;
  readLong(): number;
  readString(): string;
  skipLong(): void;
}

interface Reading {
  _read(tap: Tap): unknown;
}

interface Prototypes {
  ArrayType: { prototype: Reading };
  MapType: { prototype: Reading };
}

/**
 * Bounds the arrays and maps that `avsc` reads: it allocates as many items as a file claims to have and reads that
 * many, past the end of the file too, so that a few wrong bytes take hours. Assumes at least one byte per item, which
 * holds for everything in Iceberg.
 */
export function boundCollections(): void {
  const { ArrayType, MapType } = avro.types as unknown as Prototypes;
  ArrayType.prototype._read = function (this: { itemsType: Reading }, tap) {
    const items: unknown[] = [];
    for (let left = countOf(tap); left > 0; left = countOf(tap)) {
      while (left-- > 0) items.push(this.itemsType._read(tap));
    }
    return items;
  };
  MapType.prototype._read = function (this: { valuesType: Reading }, tap) {
    const values: Record<string, unknown> = {};
    for (let left = countOf(tap); left > 0; left = countOf(tap)) {
      while (left-- > 0) {
        const key = tap.readString();
        values[key] = this.valuesType._read(tap);
      }
    }
    return values;
  };
}

/** Items of the next block, 0 at the end. */
function countOf(tap: Tap): number {
  const count = tap.readLong();
  // A negative one comes with the block's bytes.
  if (count < 0) tap.skipLong();
  const items = Math.abs(count);
  if (items > tap.buf.length - tap.pos) throw new Error("a list is truncated");
  return items;
}
