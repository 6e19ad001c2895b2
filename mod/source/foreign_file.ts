import { Failure } from "../failure/failure.ts";

/** A format that people store rows in and that is not text. */
interface ForeignKind {
  /** How such a file begins. */
  magic: readonly number[];
  /** What it is, with an article. */
  what: string;
  /** What to do about it. */
  fix: (path: string) => string;
}

const unpack = (command: string) => (path: string) =>
  `Unpack it: ${command} ${path} | ticklake produce --input -`;
const saveAsCsv = () => "Save it as CSV in the spreadsheet program.";

/** Sources: the formats' own specifications, and file(1). */
export const FOREIGN_KINDS: readonly ForeignKind[] = [
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    what: "a zip archive, which may hold several files",
    fix: (path) => /\.(xlsx|xlsm|ods)$/i.test(path) ? saveAsCsv() : unpack("unzip -p")(path),
  },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], what: "an Excel workbook", fix: saveAsCsv },
  { magic: [0x42, 0x5a, 0x68], what: "compressed with bzip2", fix: unpack("bzip2 -dc") },
  { magic: [0xfd, 0x37, 0x7a, 0x58], what: "compressed with xz", fix: unpack("xz -dc") },
  {
    magic: [0x50, 0x41, 0x52, 0x31],
    what: "a Parquet file",
    fix: (path) => `Write it as CSV: duckdb -c "COPY (FROM '${path}') TO 'rows.csv'".`,
  },
];

/**
 * @param name the file's path, or `stdin`
 * @throws {Failure} kind `usage`, for what begins as such a file does
 */
export function refuseForeign(bytes: Uint8Array, name: string): void {
  const kind = FOREIGN_KINDS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (kind === undefined) return;
  throw new Failure("usage", `input ${name} is ${kind.what}: expected CSV or JSON lines`, {
    fix: kind.fix(name === "stdin" ? "FILE" : name),
  });
}
