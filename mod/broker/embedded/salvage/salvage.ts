import { crc32 } from "node:zlib";
import { CLAIMS_PREFIX } from "../membership.ts";
import type { PageFile } from "./page_file.ts";
import {
  bytesOf,
  type PayloadPlace,
  rowsOf,
  type StoredRow,
  type StoredValue,
} from "./stored_row.ts";

/** A partition's row of the table of logs. */
export interface FoundLog {
  topic: string;
  partition: number;
  /** Absent if only the index has the partition. */
  low?: number;
  high?: number;
}

/** A block of messages whose checksum is right. */
export interface FoundBlock {
  log: number;
  first: number;
  count: number;
  timestamp: number;
  rowid: number;
  /** Whether its page is out of use: it was removed, or is elsewhere by now. */
  isFree: boolean;
  /** Where its data is, see {@linkcode dataOf}. */
  place: PayloadPlace;
  data: { at: number; length: number };
}

/** What a group has committed. */
export interface FoundCommit {
  group: string;
  topic: string;
  partition: number;
  offset: number;
  metadata: string;
  isFree: boolean;
}

/** Everything of a log's file that can be read. */
export interface Salvage {
  /** By their number. */
  logs: Map<number, FoundLog>;
  blocks: FoundBlock[];
  /** What the index says of the blocks in use: log and first offset, by the block's row. */
  index: Map<number, { log: number; first: number }>;
  /** Ids, by topic; the file's own under the empty name. */
  ids: Map<string, string>;
  /** Names of the tables, as far as the schema can be read. */
  tables: Set<string>;
  commits: FoundCommit[];
  /** Topics' numbers of partitions, as groups have seen them. */
  partitions: Map<string, number>;
  /** When the last lease of a consumer of 0.1.0 runs out, in milliseconds since 1970; 0 without one. */
  leasedUntil: number;
  /** Blocks that were found damaged. */
  damagedBlocks: number;
}

/** Reads every page, whatever the pages above it say. @param signal ends it early */
export function salvage(file: PageFile, signal?: AbortSignal): Salvage {
  const found: Salvage = {
    logs: new Map(),
    blocks: [],
    index: new Map(),
    ids: new Map(),
    tables: new Set(),
    commits: [],
    partitions: new Map(),
    leasedUntil: 0,
    damagedBlocks: 0,
  };
  for (let page = 1; page <= file.count; page++) {
    signal?.throwIfAborted();
    const isFree = file.free.has(page);
    for (const row of rowsOf(file, page)) take(found, file, row, isFree);
  }
  return found;
}

/** The tables are distinguished by their columns' types: no two have the same. */
function take(found: Salvage, file: PageFile, row: StoredRow, isFree: boolean): void {
  const { values, rowid } = row;
  switch (`${row.kind} ${values.map(letterOf).join("")}`) {
    case "table 0tnnn": {
      const [, topic, partition, low, high] = values as [null, string, number, number, number];
      const known = found.logs.get(rowid);
      // Both only grow: a former version of the row says less.
      found.logs.set(rowid, {
        topic,
        partition,
        low: Math.max(low, known?.low ?? 0),
        high: Math.max(high, known?.high ?? 0),
      });
      return;
    }
    case "index tnn": {
      const [topic, partition, log] = values as [string, number, number];
      if (!found.logs.has(log)) found.logs.set(log, { topic, partition });
      return;
    }
    case "table tttnt":
      if (values[0] === "table") found.tables.add(values[1] as string);
      return;
    case "table nnnnb":
      return takeBlock(found, file, row, isFree);
    case "index nnn": {
      const [log, first, row] = values as number[];
      if (!isFree) found.index.set(row, { log, first });
      return;
    }
    case "index tt": {
      const [topic, id] = values as string[];
      if (/^[0-9a-f]{32}$/.test(id) && !(isFree && found.ids.has(topic))) found.ids.set(topic, id);
      return;
    }
    case "index ttnnt": {
      const [group, topic, partition, offset, metadata] = values as [
        string,
        string,
        number,
        number,
        string,
      ];
      found.commits.push({ group, topic, partition, offset, metadata, isFree });
      return;
    }
    case "index ttnn": {
      const [, topic, , partitions] = values as [string, string, number, number];
      found.partitions.set(topic, Math.max(partitions, found.partitions.get(topic) ?? 0));
      return;
    }
    case "index tttnnn": {
      const [, , id, , renewed, lease] = values as [string, string, string, number, number, number];
      if (!isFree && !id.startsWith(CLAIMS_PREFIX)) {
        found.leasedUntil = Math.max(found.leasedUntil, renewed + lease);
      }
    }
  }
}

function letterOf(value: StoredValue): string {
  if (value === null) return "0";
  return typeof value === "number" ? "n" : typeof value === "string" ? "t" : "b";
}

function takeBlock(found: Salvage, file: PageFile, row: StoredRow, isFree: boolean): void {
  const [log, first, count, timestamp] = row.values as number[];
  const data = row.values[4] as { at: number; length: number };
  const block = { log, first, count, timestamp, rowid: row.rowid, isFree, place: row.place, data };
  if (isIntact(dataOf(file, block), count) && first >= 0) found.blocks.push(block);
  else if (!isFree) found.damagedBlocks++;
}

/** A block's data, as it was stored; `undefined` if its pages cannot be followed. */
export function dataOf(
  file: PageFile,
  { place, data }: Pick<FoundBlock, "place" | "data">,
): Uint8Array | undefined {
  return bytesOf(file, place, data.at, data.length);
}

/** Whether a block's checksum and its number of messages are right; see block.ts. */
function isIntact(data: Uint8Array | undefined, count: number): boolean {
  if (data === undefined || count < 1 || data.length < 8 + count * 8) return false;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return view.getUint32(4, true) === count && view.getUint32(0, true) === crc32(data.subarray(4));
}
