import { Readable } from "node:stream";
import zlib from "node:zlib";
import { FOREIGN_KINDS, refuseForeign } from "./foreign_file.ts";
import type { InputFile } from "./input_file.ts";

/** How a compressed file begins. Source: RFC 1952 (gzip), RFC 8878 (zstd). */
const MAGIC: ReadonlyArray<readonly [codec: Codec, bytes: readonly number[]]> = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** The compressions that are detected. */
export type Codec = "gzip" | "zstd";

/** Bytes that identify the format. */
const MAGIC_BYTES = 4;

/** The possible first bytes of a recognized format. */
const FIRST_BYTES = new Set([
  ...MAGIC.map(([, [first]]) => first),
  ...FOREIGN_KINDS.map(({ magic: [first] }) => first),
]);

/** The compression of what begins with these bytes. */
export function codecOf(bytes: Uint8Array): Codec | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0];
}

/**
 * The compression of a file that can be read at any place; it stands at its beginning afterwards.
 * @param name for messages about it
 * @throws {Failure} kind `usage`, for what cannot hold rows
 */
export function peekCodec(file: InputFile, name: string): Codec | undefined {
  const bytes = new Uint8Array(MAGIC_BYTES);
  const count = file.readSync(bytes) ?? 0;
  file.seekSync(0, Deno.SeekMode.Start);
  refuseForeign(bytes.subarray(0, count), name);
  return codecOf(bytes.subarray(0, count));
}

/**
 * A pipe's content, decompressed where its first bytes say that it is compressed.
 * @param name for messages about it
 * @throws {Failure} kind `usage`, for what cannot hold rows
 */
export async function decompressedPipe(pipe: InputFile, name: string): Promise<InputFile> {
  const begin = new Uint8Array(MAGIC_BYTES);
  let length = 0;
  while (length < MAGIC_BYTES) {
    const count = await pipe.read(begin.subarray(length));
    if (count === null) break;
    length += count;
    // Do not make a slow pipe's first row wait for three more bytes.
    if (!FIRST_BYTES.has(begin[0])) break;
  }
  const whole = withBeginning(pipe, begin.subarray(0, length));
  const codec = codecOf(begin.subarray(0, length));
  refuseForeign(begin.subarray(0, length), name);
  return codec === undefined ? whole : decompressed(whole, codec);
}

/** A file's content, decompressed as it is read. It cannot be read at any other place. */
export function decompressed(file: InputFile, codec: Codec): InputFile {
  const chunks = codec === "gzip" ? unzipped(file) : zstdDecompressed(file);
  let rest: Uint8Array = new Uint8Array();
  return {
    async read(into) {
      while (rest.length === 0) {
        const { done, value } = await chunks.next();
        if (done) return null;
        rest = value;
      }
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    readSync: noPlaces,
    seekSync: noPlaces,
    close() {
      chunks.return?.(undefined).catch(() => {});
      file.close();
    },
  };
}

async function* unzipped(file: InputFile): AsyncGenerator<Uint8Array, void> {
  const stream = Readable.from(chunksOf(file), { objectMode: false });
  const decoder = zlib.createGunzip();
  stream.on("error", (error) => decoder.destroy(error));
  try {
    for await (const chunk of stream.pipe(decoder)) yield chunk;
  } finally {
    stream.destroy();
    decoder.destroy();
  }
}

/** Reads all frames: node:zlib's stream ends silently after the first one. */
async function* zstdDecompressed(file: InputFile): AsyncGenerator<Uint8Array, void> {
  const { Decompress } = await import("fzstd");
  const ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of chunksOf(file)) {
    decoder.push(chunk);
    yield* ready.splice(0);
  }
  decoder.push(new Uint8Array(), true);
  yield* ready;
}

async function* chunksOf(file: InputFile): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(64 * 1024);
    const count = await file.read(chunk);
    if (count === null) return;
    yield chunk.subarray(0, count);
  }
}

function withBeginning(pipe: InputFile, beginning: Uint8Array): InputFile {
  let rest = beginning;
  return {
    read(into) {
      if (rest.length === 0) return pipe.read(into);
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return Promise.resolve(part.length);
    },
    readSync: noPlaces,
    seekSync: noPlaces,
    close: () => pipe.close(),
  };
}

function noPlaces(): never {
  throw new TypeError("what comes from a pipe or is decompressed has no places");
}
