import { inflateSync } from "node:zlib";
import { type Frame, GLUE_VERSION, noFrame } from "../registry/frame.ts";

const UNCOMPRESSED = 0;
const ZLIB = 5;

/** Version, compression and the schema version's UUID. */
const FRAME_BYTES = 18;

/** Maximum size of a decompressed payload: zlib can expand a thousandfold. */
const MOST_PAYLOAD_BYTES = 16 * 2 ** 20;

/**
 * The frame of AWS Glue's schema registry: a 3, how the payload is compressed (0 not, 5 zlib), and the
 * schema version's UUID in 16 bytes.
 * Source: awslabs/aws-glue-schema-registry, AWSSchemaRegistryConstants.
 */
export class GlueFrame implements Frame {
  /** The last id, as its bytes and as a text: messages of one schema follow each other. */
  readonly #lastBytes = new Uint8Array(16);
  #last = "";

  schemaId(value: Uint8Array): string | null {
    if (value.length < FRAME_BYTES || value[0] !== GLUE_VERSION) return null;
    if (value[1] !== UNCOMPRESSED && value[1] !== ZLIB) return null;
    let same = this.#last !== "";
    for (let i = 0; same && i < 16; i++) same = value[i + 2] === this.#lastBytes[i];
    if (!same) {
      this.#lastBytes.set(value.subarray(2, FRAME_BYTES));
      const hex = this.#lastBytes.toHex();
      this.#last = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    }
    return this.#last;
  }

  payloadStart(value: Uint8Array): number {
    return value[1] === UNCOMPRESSED ? FRAME_BYTES : -1;
  }

  payload(value: Uint8Array): Uint8Array {
    const payload = value.subarray(FRAME_BYTES);
    if (value[1] === UNCOMPRESSED) return payload;
    try {
      return inflateSync(payload, { maxOutputLength: MOST_PAYLOAD_BYTES });
    } catch (error) {
      const isLarge = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
      throw new Error(isLarge ? `more than ${MOST_PAYLOAD_BYTES} bytes` : "not zlib");
    }
  }

  framed(
    id: number | string,
    payload: Uint8Array,
    indexes: Uint8Array = new Uint8Array(),
  ): Uint8Array {
    const value = new Uint8Array(FRAME_BYTES + indexes.length + payload.length);
    value[0] = GLUE_VERSION;
    value.set(Uint8Array.fromHex(String(id).replaceAll("-", "")), 2);
    value.set(indexes, FRAME_BYTES);
    value.set(payload, FRAME_BYTES + indexes.length);
    return value;
  }

  whyNone(value: Uint8Array): string {
    return noFrame(value, "a 3, a 0 or 5, and 16 bytes, the frame of AWS Glue");
  }
}
