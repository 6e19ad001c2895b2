import { type ReadAt, readWal, type WalFrames } from "./wal_frames.ts";

const MAGIC = "SQLite format 3\0";

/** Bytes of a page where the header does not say: what every release has made. */
const USUAL_PAGE_BYTES = 16 * 1024;

/** The pages of a database and its write-ahead log, read as they are, whatever is damaged. */
export class PageFile {
  readonly pageBytes: number;
  /** Number of pages; they are numbered from 1. */
  readonly count: number;
  /** Whether the write-ahead log is damaged. */
  readonly hasDamagedWal: boolean;
  /** Pages that are not in use, as far as the list of these can be read. */
  readonly free: ReadonlySet<number>;
  readonly #file: Deno.FsFile;
  readonly #wal: Deno.FsFile | undefined;
  readonly #frames: WalFrames | undefined;

  /** @throws {Error} when the database's file cannot be read at all */
  constructor(path: string, walPath: string) {
    this.#file = Deno.openSync(path);
    this.#wal = openIfThere(walPath);
    try {
      const header = readAt(this.#file)(0, 100);
      const own = pageBytesOf(header);
      const walBytes = this.#wal?.statSync().size ?? 0;
      if (walBytes > 0) {
        this.#frames = readWal(readAt(this.#wal!), walBytes, own ?? USUAL_PAGE_BYTES);
      }
      this.hasDamagedWal = this.#frames?.isDamaged ?? false;
      this.pageBytes = own ?? this.#frames?.pageBytes ?? USUAL_PAGE_BYTES;
      const inWal = [...this.#frames?.pages.keys() ?? []];
      const inFile = Math.ceil(this.#file.statSync().size / this.pageBytes);
      this.count = inWal.reduce((most, page) => Math.max(most, page), inFile);
      this.free = this.#freePages();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A page's bytes, those that are missing at the file's end as zeros. */
  read(page: number): Uint8Array {
    const frame = this.#frames?.pages.get(page);
    const bytes = frame === undefined
      ? readAt(this.#file)((page - 1) * this.pageBytes, this.pageBytes)
      : readAt(this.#wal!)(frame, this.pageBytes);
    if (bytes.length === this.pageBytes) return bytes;
    const whole = new Uint8Array(this.pageBytes);
    whole.set(bytes);
    return whole;
  }

  /** The list of free pages: a chain of trunks, each with numbers of leaves. */
  #freePages(): Set<number> {
    const free = new Set<number>();
    if (this.count === 0) return free;
    const head = this.read(1);
    let trunk = pageBytesOf(head) === undefined ? 0 : word(head, 32);
    while (trunk > 1 && trunk <= this.count && !free.has(trunk)) {
      free.add(trunk);
      const bytes = this.read(trunk);
      const leaves = word(bytes, 4);
      if (leaves > this.pageBytes / 4 - 2) break;
      for (let i = 0; i < leaves; i++) free.add(word(bytes, 8 + i * 4));
      trunk = word(bytes, 0);
    }
    return free;
  }

  close(): void {
    this.#file.close();
    this.#wal?.close();
  }
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function readAt(file: Deno.FsFile): ReadAt {
  return (at, length) => {
    file.seekSync(at, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    let used = 0;
    while (used < length) {
      const read = file.readSync(bytes.subarray(used));
      if (read === null) break;
      used += read;
    }
    return bytes.subarray(0, used);
  };
}

/** Size of a page by a database's header; `undefined` if that is none. */
function pageBytesOf(header: Uint8Array): number | undefined {
  if (new TextDecoder("latin1").decode(header.subarray(0, 16)) !== MAGIC) return undefined;
  const bytes = header[16] << 8 | header[17];
  if (bytes === 1) return 65_536;
  return bytes >= 512 && (bytes & bytes - 1) === 0 ? bytes : undefined;
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
