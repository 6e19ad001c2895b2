import { readDeadLetters, type StoredDeadLetter } from "../lake/format/read_dead_letters.ts";
import type { LakeStore } from "../lake/store.ts";
import type { ReplayOptions } from "./replay_options.ts";

/** Milliseconds that a replay waits for what messages are read by. */
const PREPARE_MS = 30_000;

/** The dead letters of an object, ready to be read by the current schema. */
export async function lettersOf(
  name: string,
  { store, form, signal }: ReplayOptions,
): Promise<StoredDeadLetter[]> {
  const letters = [...readDeadLetters(name, await store.get(name, { signal }))];
  await form?.prepare?.(letters.map(({ value }) => value), { signal, patienceMs: PREPARE_MS });
  return letters;
}

/** Whether the sink would make a row of it; a message of which only a part was kept stays. */
export function isRow(letter: StoredDeadLetter, { reader }: ReplayOptions): boolean {
  const { value, isCut } = letter;
  return value !== null && !isCut && reader.read(value, letter) === null;
}

/** Puts what stays over the former object, line by line as it was; where nothing stays it is removed. */
export async function keepOthers(
  name: string,
  isGone: (offset: number) => boolean,
  { store, signal }: { store: LakeStore; signal: AbortSignal },
): Promise<void> {
  const bytes = await store.get(name, { signal });
  const kept: Uint8Array[] = [];
  const letters = readDeadLetters(name, bytes);
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found + 1;
    const letter = letters.next().value;
    if (letter !== undefined && !isGone(letter.offset)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  if (kept.length === 0) return await store.remove(name, { signal });
  const size = kept.reduce((sum, { length }) => sum + length, 0);
  const joined = new Uint8Array(size);
  let at = 0;
  for (const line of kept) {
    joined.set(line, at);
    at += line.length;
  }
  await store.put(name, joined, { signal });
}
