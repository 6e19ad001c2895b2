import { Failure } from "../../mod/failure/failure.ts";
import type { LakeObject, LakeStore, StoreOptions } from "../../mod/lake/store.ts";

/** A lake in memory whose puts a test can hold up or refuse. */
export class MemoryLake implements LakeStore {
  readonly description = "a lake in memory";
  readonly objects = new Map<string, Uint8Array>();
  /** Names put, in order, also those put again. */
  readonly puts: string[] = [];
  /** Called before a put is stored: may throw, or take its time. */
  beforePut: (name: string, signal?: AbortSignal) => void | Promise<void> = () => {};
  /** Called after a put was stored, before it is answered. */
  afterPut: (name: string) => void | Promise<void> = () => {};

  async put(name: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
    await this.beforePut(name, signal);
    signal?.throwIfAborted();
    this.objects.set(name, bytes.slice());
    this.puts.push(name);
    await this.afterPut(name);
  }

  async create(name: string, bytes: Uint8Array, options: StoreOptions = {}): Promise<boolean> {
    await this.beforePut(name, options.signal);
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes.slice());
    this.puts.push(name);
    await this.afterPut(name);
    return true;
  }

  get(name: string): Promise<Uint8Array> {
    const bytes = this.objects.get(name);
    return bytes === undefined
      ? Promise.reject(new Failure("failed", `${name}: no such object`))
      : Promise.resolve(bytes);
  }

  async *list(prefix: string): AsyncIterable<LakeObject> {
    for (const [name, { length }] of this.objects) {
      const version = String(this.puts.lastIndexOf(name));
      if (name.startsWith(prefix)) yield { name, size: length, version };
    }
  }

  async remove(name: string): Promise<void> {
    this.objects.delete(name);
  }

  async check(): Promise<void> {}
  close(): void {}
}
