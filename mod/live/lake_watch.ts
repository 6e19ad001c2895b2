import { textWithFix } from "../failure/fix_of.ts";
import type { ObjectKind } from "../lake/layout.ts";
import { coveredOffsets, currentObjects } from "../lake/merged_objects.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import type { RowSchema } from "../schema/schema.ts";
import { shownBytes } from "./message_page.ts";
import { newestObjects } from "./newest_objects.ts";
import { pause } from "../wait/sleep.ts";

/** Milliseconds between two listings for each request that one takes: S3 is paid by requests. */
const LOOK_MS = 5000;

/** Objects that one request lists. */
const OBJECTS_A_REQUEST = 1000;

/** Points of the growth that are kept: an hour at one each look. */
const MOST_POINTS = 720;

const LAST_OBJECTS = 8;

/** Newest objects with dead letters that are read, and the largest that is. */
const DEAD_LETTER_OBJECTS = 10;
const MOST_BYTES = 2 ** 20;

const LAST_REJECTED = 20;

/** A rejected message, as the page shows it. */
export interface Rejected {
  partition: number;
  offset: number;
  timestamp: string;
  reason: string;
  /** Its bytes as text or hexadecimal; `null` for a tombstone. */
  value: string | null;
}

/** Contents of the lake. */
export interface LakeView {
  objects: number;
  bytes: number;
  /** Offsets that were written. */
  messages: number;
  /** Growth: time in milliseconds since 1970, bytes. */
  growth: Array<[atMs: number, bytes: number]>;
  /** The newest objects, the newest first. */
  last: Array<{ name: string; size: number; partition: number; first: number; last: number }>;
  deadLetterObjects: number;
  /** How often each reason occurs in the newest dead letters. */
  reasons: Array<[reason: string, count: number]>;
  /** The newest dead letters, the newest first. */
  rejected: Rejected[];
  /** Why the lake cannot be looked at now. */
  trouble?: string;
}

/** Options of {@linkcode LakeWatch}. */
export interface LakeWatchOptions {
  store: LakeStore;
  schema: RowSchema;
  topic: string;
}

/** Lists the lake every few seconds. */
export class LakeWatch {
  readonly #options: LakeWatchOptions;
  /** Dead letters of the newest objects, by name and version. */
  #read = new Map<string, Rejected[]>();
  view: LakeView = {
    objects: 0,
    bytes: 0,
    messages: 0,
    growth: [],
    last: [],
    deadLetterObjects: 0,
    reasons: [],
    rejected: [],
  };

  constructor(options: LakeWatchOptions) {
    this.#options = options;
  }

  /** Keeps looking until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.view = { ...this.view, trouble: textWithFix(error) };
      }
      const { objects, deadLetterObjects } = this.view;
      const requests = 1 + (objects + deadLetterObjects) / OBJECTS_A_REQUEST;
      await pause(requests * LOOK_MS, signal);
    }
  }

  /** Looks once. */
  async look(signal: AbortSignal): Promise<void> {
    const { store, schema: { table }, topic } = this.#options;
    const kinds: ObjectKind[] = ["rows", "dead-letters"];
    const objects = currentObjects(
      await Array.fromAsync(tableObjects(store, { table, kinds, topic, signal })),
    );
    const rows = objects.filter(({ parsed }) => parsed.kind === "rows");
    const dead = objects.filter(({ parsed }) => parsed.kind === "dead-letters");
    const bytes = rows.reduce((sum, { size }) => sum + size, 0);
    const growth = [...this.view.growth, [Date.now(), bytes] as [number, number]];
    const rejected = await this.#deadLetters(dead, signal);
    const reasons = new Map<string, number>();
    for (const { reason } of rejected) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    this.view = {
      objects: rows.length,
      bytes,
      messages: coveredOffsets(objects),
      growth: growth.slice(-MOST_POINTS),
      last: newestObjects(rows).slice(0, LAST_OBJECTS).map(({ name, size, parsed }) => ({
        name,
        size,
        partition: parsed.partition,
        first: parsed.first,
        last: parsed.last,
      })),
      deadLetterObjects: dead.length,
      reasons: [...reasons].sort((a, b) => b[1] - a[1]).slice(0, LAST_REJECTED),
      rejected: rejected.slice(0, LAST_REJECTED),
    };
  }

  async #deadLetters(objects: TableObject[], signal: AbortSignal): Promise<Rejected[]> {
    const rejected: Rejected[] = [];
    const kept = new Map<string, Rejected[]>();
    for (const { name, size, version } of newestObjects(objects).slice(0, DEAD_LETTER_OBJECTS)) {
      if (size > MOST_BYTES) continue;
      const key = `${name} ${version}`;
      let letters = this.#read.get(key);
      if (letters === undefined) {
        const text = new TextDecoder().decode(await this.#options.store.get(name, { signal }));
        letters = text.trimEnd().split("\n").map((line) => {
          const { partition, offset, timestamp, reason, value } = JSON.parse(line) as Rejected;
          const bytes = typeof value !== "string" ? null : Uint8Array.fromBase64(value);
          return { partition, offset, timestamp, reason, value: shownBytes(bytes) };
        }).reverse();
      }
      kept.set(key, letters);
      for (const letter of letters) rejected.push(letter);
    }
    this.#read = kept;
    return rejected;
  }
}
