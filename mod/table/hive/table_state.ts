import type { LakeStore } from "../../lake/store.ts";
import type { LogName, TableCallOptions, TablePosition } from "../table.ts";
import { parseStateName, plainTopic, stateFolder, type StateName } from "./state_names.ts";

/** A parsed state object, and its name. */
export type StateObject = StateName & { name: string };

/** A position, and its state object's name. */
export type PositionObject = Extract<StateObject, { kind: "position" }>;

/** Lists a table's state, or that of one log. @param below folder of the log */
export async function listState(
  store: LakeStore,
  table: string,
  { below, signal }: TableCallOptions & { below?: string } = {},
): Promise<StateObject[]> {
  const prefix = stateFolder(table) + (below === undefined ? "" : `logs/${below}/`);
  const found: StateObject[] = [];
  for await (const { name } of store.list(prefix, { signal })) {
    const state = parseStateName(table, name);
    if (state !== undefined) found.push({ ...state, name });
  }
  return found;
}

/** The state objects of one kind. */
export function ofKind<K extends StateName["kind"]>(
  state: readonly StateObject[],
  kind: K,
  folder?: string,
): Array<Extract<StateObject, { kind: K }>> {
  return state.filter((one) =>
    one.kind === kind && (folder === undefined || "folder" in one && one.folder === folder)
  ) as Array<Extract<StateObject, { kind: K }>>;
}

/**
 * The position of each partition: the furthest one of the newest owner. A late write of a former
 * owner has a smaller term.
 */
export function newestPositions(
  state: readonly StateObject[],
  folder: string,
): Map<number, PositionObject> {
  const newest = new Map<number, PositionObject>();
  for (const one of ofKind(state, "position", folder)) {
    const known = newest.get(one.partition);
    const isNewer = known === undefined || one.term > known.term ||
      one.term === known.term && one.end > known.end;
    if (isNewer) newest.set(one.partition, one);
  }
  return newest;
}

/** Where `--from latest` began the partitions: of two members at once, the first one's offset counts. */
export function begunIn(state: readonly StateObject[], folder: string): Map<number, number> {
  const begun = new Map<number, number>();
  for (const { partition, offset } of ofKind(state, "begun", folder)) {
    begun.set(partition, Math.min(offset, begun.get(partition) ?? Infinity));
  }
  return begun;
}

/** Whether a folder's log has objects that are not adopted yet. */
export function isPending(state: readonly StateObject[], folder: string): boolean {
  return ofKind(state, "found", folder).length > 0 && ofKind(state, "adopted", folder).length === 0;
}

/** One log of a table, according to its state. */
export interface RecordedLog {
  topic: string;
  /** Key in the names of its objects; empty for a log without one. */
  key: string;
  /** The log's identity; `null` if it was never determined. */
  identity: LogName | null;
  /** The groups that write it: one, outside of a take-over. */
  groups: string[];
  positions: ReadonlyMap<number, TablePosition>;
  /** Where `--from latest` began its partitions. */
  begun: ReadonlyMap<number, number>;
  /** Whether its objects are still to be adopted: of release 0.1.0, or of a table whose records are gone. */
  isPending: boolean;
}

/** All logs of a table; empty if it has no state, as a table of release 0.1.0. */
export async function recordedLogs(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<RecordedLog[]> {
  const state = await listState(store, table, options);
  const folders = new Set(state.flatMap((one) => "folder" in one ? [one.folder] : []));
  const read = async (name: string) =>
    JSON.parse(new TextDecoder().decode(await store.get(name, options)));
  return await Promise.all([...folders].map(async (folder): Promise<RecordedLog> => {
    const [log] = ofKind(state, "log", folder);
    const identity = log === undefined ? null : await read(log.name) as LogName;
    const groups = ofKind(state, "group", folder).map(async ({ name }) => (await read(name)).group);
    const plain = plainTopic(folder);
    return {
      topic: plain ?? identity?.topic ?? "",
      key: plain === undefined ? folder : "",
      identity,
      groups: await Promise.all(groups),
      positions: newestPositions(state, folder),
      begun: begunIn(state, folder),
      isPending: isPending(state, folder),
    };
  }));
}

/** A record as bytes. */
export function recordBytes(record: Record<string, unknown>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record) + "\n");
}
