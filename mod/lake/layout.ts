/** The contiguous offsets `[first, last]` of one partition that one flush wrote. */
export interface FlushRange {
  topic: string;
  /**
   * Key of the log, which keeps names of two logs of one topic's name apart. Empty for the log of a lake
   * that release 0.1.0 has begun, and for a log without an id.
   */
  log?: string;
  partition: number;
  /** First offset of the flush. */
  first: number;
  /** Last offset of the flush, inclusive. */
  last: number;
  /**
   * How often the table's end was renewed in that partition before, so that ranges were written again: names
   * of before and after never meet. Absent for 0.
   */
  generation?: number;
}

/** What an object of a table holds: rows, rejected messages, or the record of offsets without a message. */
export type ObjectKind = "rows" | "dead-letters" | "gap";

/** What a lake object's name says. */
export interface ObjectName extends FlushRange {
  /** The table's name. */
  table: string;
  kind: ObjectKind;
  /** Hive partition values by column, in the order of the path, decoded. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
  /** Number of the replay of dead letters that wrote it; absent in what a flush wrote. */
  replay?: number;
  /** Set in what `maintain` has merged from several flushes; absent in what one flush wrote. */
  merged?: true;
  /** Ending without the dot: `parquet`, `jsonl.gz`, `jsonl`. */
  extension: string;
}

/** Folder of the rejected messages and of the gaps' records. */
export const DEAD_LETTER_ROOT = "dead_letter";

/** The name of the only folder, with the reason as its value, that the record of a gap is in. */
const GAP_COLUMN = "gap";

/** Digits of an offset in a name: enough for 2^53, so that names sort as their offsets do. */
const OFFSET_DIGITS = 16;

/** The folder of a table's rows (or of its dead letters and gaps), with a `/` at its end. */
export function tableFolder(table: string, deadLetter = false): string {
  return deadLetter ? `${DEAD_LETTER_ROOT}/${table}/` : `${table}/`;
}

/**
 * Name of an object below the lake's root; a function of its arguments alone, so that a repeated
 * flush writes over itself.
 *
 * @example
 * ```ts
 * import { objectName } from "./layout.ts";
 * objectName({
 *   table: "index_quotes",
 *   kind: "rows",
 *   partitions: [["dt", "2026-11-24"]],
 *   topic: "index-quotes",
 *   partition: 3,
 *   first: 0,
 *   last: 99,
 *   extension: "parquet",
 * });
 * // index_quotes/dt=2026-11-24/index-quotes-3-0000000000000000-0000000000000099.parquet
 * ```
 */
export function objectName(name: ObjectName): string {
  const hive = name.partitions.map(([column, value]) => `${column}=${encodeHive(value)}/`).join("");
  const replay = name.replay === undefined ? "" : `.r${name.replay}`;
  const merged = name.merged ? ".merged" : "";
  return tableFolder(name.table, name.kind !== "rows") + hive + fileStem(name) + replay + merged +
    "." + name.extension;
}

/** The part of an object's name that says which offsets it holds, without its ending. */
export function fileStem(
  { topic, log = "", partition, first, last, generation = 0 }: FlushRange,
): string {
  const stem = `${topic}-${partition}-${padded(first)}-${padded(last)}` +
    (log === "" ? "" : `-${log}`);
  return generation === 0 ? stem : `${stem}.g${generation}`;
}

/** Topic, partition, first and last offset, key of the log, generation, number of the replay, whether merged, ending. */
const FILE =
  /^(.+)-(\d+)-(\d{16})-(\d{16})(?:-([0-9a-f]{12}))?(?:\.g(\d{1,9}))?(?:\.r(\d{1,6}))?(\.merged)?\.([a-z0-9.]+)$/;

/** What an object's name says, or `null` for an object that is not a flush's (a marker, a foreign file). */
export function parseObjectName(name: string): ObjectName | null {
  const parts = name.split("/");
  const deadLetter = parts[0] === DEAD_LETTER_ROOT;
  const table = parts[deadLetter ? 1 : 0];
  const folders = parts.slice(deadLetter ? 2 : 1, -1);
  const file = FILE.exec(parts[parts.length - 1]);
  const depth = deadLetter ? 3 : 2;
  if (file === null || parts.length < depth || table === "") return null;
  const partitions: Array<readonly [string, string]> = [];
  for (const folder of folders) {
    const at = folder.indexOf("=");
    if (at < 1) return null;
    partitions.push([folder.slice(0, at), decodeHive(folder.slice(at + 1))]);
  }
  return {
    table,
    kind: !deadLetter ? "rows" : isGap(partitions) ? "gap" : "dead-letters",
    partitions,
    topic: file[1],
    partition: Number(file[2]),
    first: Number(file[3]),
    last: Number(file[4]),
    ...(file[5] === undefined ? {} : { log: file[5] }),
    ...(file[6] === undefined ? {} : { generation: Number(file[6]) }),
    ...(file[7] === undefined ? {} : { replay: Number(file[7]) }),
    ...(file[8] === undefined ? {} : { merged: true }),
    extension: file[9],
  };
}

function isGap(partitions: ObjectName["partitions"]): boolean {
  return partitions.length === 1 && partitions[0][0] === GAP_COLUMN;
}

/** Where the record of a gap is. @param reason why its offsets are in no row */
export function gapPartitions(reason: string): ObjectName["partitions"] {
  return [[GAP_COLUMN, reason]];
}

/** Hive's name for a partition value that is null or empty. */
export const HIVE_NULL = "__HIVE_DEFAULT_PARTITION__";

/**
 * A value as a folder's name, escaped as Hive does (`%XX` for what paths or Hive give a meaning). U+FFFE and
 * U+FFFF are escaped byte by byte, which Hive does not: XML cannot carry them, so that a bucket with such a
 * key could not be listed by some programs.
 * Source: Apache Hive, FileUtils.escapePathName; XML 1.0, production Char.
 */
export function encodeHive(value: string): string {
  return value.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/g,
    (character) => "%" + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"),
  ).replace(/[\ufffe\uffff]/g, encodeURIComponent);
}

function decodeHive(text: string): string {
  return text.replace(
    /%EF%BF%B[EF]|%([0-9A-F]{2})/gi,
    (escape, hex) =>
      hex === undefined ? decodeURIComponent(escape) : String.fromCharCode(parseInt(hex, 16)),
  );
}

function padded(offset: number): string {
  return String(offset).padStart(OFFSET_DIGITS, "0");
}
