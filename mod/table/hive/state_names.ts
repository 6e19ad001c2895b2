/**
 * Names of a table's state objects: one short listing gives its description, its logs, their
 * writing groups and their positions. State objects are written once; each change is a new name, so
 * a late write cannot undo a newer one.
 */

/** Folder of the tables' own records, below the lake's root. No engine reads what begins with `_`. */
export const STATE_ROOT = "_ticklake";

/** The folder of a table's own records. */
export function stateFolder(table: string): string {
  return `${STATE_ROOT}/${table}/`;
}

/** What the name of a state object encodes. */
export type StateName =
  /** What the table is: a version of its description. */
  | { kind: "table"; fingerprint: string }
  /** The objects are, or are about to be, those of an Iceberg table. */
  | { kind: "migrated" }
  /** A log of this folder: its record. */
  | { kind: "log"; folder: string; key: string }
  /** Objects of release 0.1.0 were found, of this folder's topic. */
  | { kind: "found"; folder: string }
  /** And have been adopted: their positions are recorded. */
  | { kind: "adopted"; folder: string }
  /** A group that writes the log, by a hash of its name. */
  | { kind: "group"; folder: string; hash: string }
  /** Where `--from latest` began a partition. Of several the smallest counts. */
  | { kind: "begun"; folder: string; partition: number; offset: number }
  /** A position, written by the owner in that term. */
  | {
    kind: "position";
    folder: string;
    partition: number;
    /** Number of the assignment: later owners have larger ones. */
    term: number;
    from: number;
    end: number;
    /** Leader epoch of the message before `end`, if known. */
    epoch?: number;
  }
  /** The generation of a partition's objects, from then on. */
  | {
    kind: "generation";
    folder: string;
    partition: number;
    number: number;
    /** Milliseconds since 1970. */
    since: number;
  }
  /** When late objects of earlier generations than this were last looked for, in the whole table. */
  | {
    kind: "looked";
    folder: string;
    partition: number;
    /** The generation. */
    number: number;
    /** Milliseconds since 1970. */
    at: number;
  }
  /** The ranges from `end` on are being removed, by the owner in that term. */
  | { kind: "rewind"; folder: string; partition: number; term: number; from: number; end: number };

/** Folder of a log whose objects' names have no key: started by 0.1.0, or a log without an id. */
export function plainFolder(topic: string): string {
  return `plain-${topic}`;
}

/** The topic of a {@linkcode plainFolder}; `undefined` for another folder. */
export function plainTopic(folder: string): string | undefined {
  return folder.startsWith("plain-") ? folder.slice("plain-".length) : undefined;
}

/** The name of a state object. */
export function stateName(table: string, state: StateName): string {
  const root = stateFolder(table);
  if (state.kind === "migrated") return `${root}migrated.json`;
  if (state.kind === "table") return `${root}table-${state.fingerprint}.json`;
  return `${root}logs/${state.folder}/${fileName(state)}.json`;
}

function fileName(state: Exclude<StateName, { kind: "table" | "migrated" }>): string {
  switch (state.kind) {
    case "found":
    case "adopted":
      return state.kind;
    case "log":
      return `log-${state.key}`;
    case "group":
      return `group-${state.hash}`;
    case "begun":
      return `begun-${state.partition}-${state.offset}`;
    case "position":
      return `position-${state.partition}-${state.term}-${state.from}-${state.end}` +
        (state.epoch === undefined ? "" : `-${state.epoch}`);
    case "rewind":
      return `rewind-${state.partition}-${state.term}-${state.from}-${state.end}`;
    case "generation":
      return `generation-${state.partition}-${state.number}-${state.since}`;
    case "looked":
      return `looked-${state.partition}-${state.number}-${state.at}`;
  }
}

/** Parses a name; `undefined` for an unknown one (of a later release, for example). */
export function parseStateName(table: string, name: string): StateName | undefined {
  const parts = name.slice(stateFolder(table).length).split("/");
  if (parts.length === 1) {
    if (parts[0] === "migrated.json") return { kind: "migrated" };
    const fingerprint = /^table-([0-9a-f]+)\.json$/.exec(parts[0])?.[1];
    return fingerprint === undefined ? undefined : { kind: "table", fingerprint };
  }
  const [logs, folder, file] = parts;
  const [, kind, rest = ""] = /^([a-z]+)(?:-(.*))?\.json$/.exec(file ?? "") ?? [];
  if (logs !== "logs" || parts.length !== 3) return undefined;
  const numbers = rest.split("-").map(Number);
  const isNumbers = (count: number) => numbers.length === count && numbers.every(Number.isInteger);
  if ((kind === "found" || kind === "adopted") && rest === "") return { kind, folder };
  if (kind === "log") return { kind, folder, key: rest };
  if (kind === "group") return { kind, folder, hash: rest };
  if (kind === "begun" && isNumbers(2)) {
    const [partition, offset] = numbers;
    return { kind, folder, partition, offset };
  }
  if (kind === "position" && isNumbers(5)) {
    const [partition, term, from, end, epoch] = numbers;
    return { kind, folder, partition, term, from, end, epoch };
  }
  if ((kind === "position" || kind === "rewind") && isNumbers(4)) {
    const [partition, term, from, end] = numbers;
    return { kind, folder, partition, term, from, end };
  }
  if (kind === "generation" && isNumbers(3)) {
    const [partition, number, since] = numbers;
    return { kind, folder, partition, number, since };
  }
  if (kind === "looked" && isNumbers(3)) {
    const [partition, number, at] = numbers;
    return { kind, folder, partition, number, at };
  }
}
