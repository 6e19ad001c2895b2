/*
 * The write-ahead log of a database, read without SQLite, which stops at the first frame that is damaged.
 * Source: sqlite.org/fileformat2.html, "The Write-Ahead Log".
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/** What can be used of a write-ahead log. */
export interface WalFrames {
  /** Bytes of a page. */
  pageBytes: number;
  /** Where the newest committed version of each page begins in the file. */
  pages: ReadonlyMap<number, number>;
  /** Whether there are commits behind something that cannot be used: SQLite would not see them. */
  isDamaged: boolean;
}

/** Reads `length` bytes at `at`; fewer at the end of the file. */
export type ReadAt = (at: number, length: number) => Uint8Array;

/**
 * Finds the frames that are as they were written, also those behind a damaged one: each is checked with the
 * checksum that the header of the one before it carries. Those behind the last commit do not count.
 * @param pageBytes the database's, for when the log's own header cannot be read
 */
export function readWal(read: ReadAt, fileBytes: number, pageBytes: number): WalFrames {
  const header = read(0, HEADER_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const magic = header.length < HEADER_BYTES ? 0 : view.getUint32(0);
  let little = magic === MAGIC;
  let sum: readonly [number, number] | undefined;
  let salts = "";
  if (little || magic === MAGIC + 1) {
    sum = checksum(header.subarray(0, 24), little, [0, 0]);
    if (sum[0] === view.getUint32(24) && sum[1] === view.getUint32(28)) {
      pageBytes = view.getUint32(8);
      salts = saltsOf(view, 16);
    } else sum = undefined;
  }
  if (sum === undefined) little = true;
  // A last frame that is cut off is none: it was never acknowledged.
  let isBroken = sum === undefined;
  let isDamaged = false;
  const pages = new Map<number, number>();
  const pending = new Map<number, number>();
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  for (let at = HEADER_BYTES; at + frameBytes <= fileBytes; at += frameBytes) {
    const frame = read(at, frameBytes);
    if (frame.length < frameBytes) break;
    const head = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES);
    if (salts === "") salts = saltsOf(head, 8);
    // Of a former round of the log, and in the database long since; or damaged.
    const isOther = saltsOf(head, 8) !== salts;
    const own: readonly [number, number] = [head.getUint32(16), head.getUint32(20)];
    if (sum !== undefined && !isOther) {
      const found = checksum(
        frame.subarray(24),
        little,
        checksum(frame.subarray(0, 8), little, sum),
      );
      if (found[0] === own[0] && found[1] === own[1]) {
        pending.set(head.getUint32(0), at + FRAME_HEADER_BYTES);
        // The database's pages after a commit; 0 in a frame that is none.
        if (head.getUint32(4) > 0) {
          for (const [page, position] of pending) pages.set(page, position);
          pending.clear();
          isDamaged ||= isBroken;
        }
      } else isBroken = true;
    }
    sum = isOther ? undefined : own;
  }
  return { pageBytes, pages, isDamaged };
}

function saltsOf(view: DataView, at: number): string {
  return `${view.getUint32(at)}-${view.getUint32(at + 4)}`;
}

/** SQLite's checksum over 8 bytes at a time, from a former one on. */
function checksum(
  bytes: Uint8Array,
  little: boolean,
  [a, b]: readonly [number, number],
): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + view.getUint32(at, little) + b) >>> 0;
    b = (b + view.getUint32(at + 4, little) + a) >>> 0;
  }
  return [a, b];
}
