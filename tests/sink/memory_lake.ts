import { AbsentObject } from "../../mod/lake/absent_object.ts";
import { STATE_ROOT } from "../../mod/table/hive/state_names.ts";
import type { LakeObject, LakeStore, StoreOptions } from "../../mod/lake/store.ts";

/** A lake in memory whose puts a test can hold up or refuse. */
export class MemoryLake implements LakeStore {
  readonly description = "a lake in memory";
  /** Rows, dead letters and gaps. */
  readonly objects = new Map<string, Uint8Array>();
  /** What tables keep about themselves. */
  readonly state = new Map<string, Uint8Array>();
  /** Names of objects put, in order, also those put again. */
  readonly puts: string[] = [];
  /** Called before an object is stored: may throw, or take its time. */
  beforePut: (name: string, signal?: AbortSignal) => void | Promise<void> = () => {};
  /** Called after an object was stored, before it is answered. */
  afterPut: (name: string) => void | Promise<void> = () => {};
  /** Called before and after each change of a table's state. */
  aroundState: (name: string) => void | Promise<void> = () => {};

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    if (isState(name)) {
      await this.aroundState(name);
      signal?.throwIfAborted();
      this.state.set(name, bytes.slice());
      return await this.aroundState(name);
    }
    await this.beforePut(name, signal);
    signal?.throwIfAborted();
    this.objects.set(name, bytes.slice());
    this.puts.push(name);
    await this.afterPut(name);
  }

  async create(name: string, bytes: Uint8Array, options: StoreOptions = {}): Promise<boolean> {
    if (isState(name)) {
      if (this.state.has(name)) return false;
      this.state.set(name, bytes.slice());
      return true;
    }
    await this.beforePut(name, options.signal);
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes.slice());
    this.puts.push(name);
    await this.afterPut(name);
    return true;
  }

  get(
    name: string,
    { range }: StoreOptions & { range?: { start: number; end: number } } = {},
  ): Promise<Uint8Array> {
    const bytes = this.objects.get(name) ?? this.state.get(name);
    return bytes === undefined
      ? Promise.reject(new AbsentObject(name))
      : Promise.resolve(range === undefined ? bytes : bytes.subarray(range.start, range.end));
  }

  async *list(prefix: string): AsyncIterable<LakeObject> {
    for (const [name, { length }] of [...this.objects, ...this.state]) {
      const version = String(this.puts.lastIndexOf(name));
      if (name.startsWith(prefix)) yield { name, size: length, version };
    }
  }

  async remove(name: string): Promise<void> {
    if (isState(name)) await this.aroundState(name);
    this.objects.delete(name);
    this.state.delete(name);
  }

  async check(): Promise<void> {}
  close(): void {}
}

function isState(name: string): boolean {
  return name.startsWith(`${STATE_ROOT}/`);
}
