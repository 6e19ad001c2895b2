import { AbsentObject } from "./absent_object.ts";
import type { LakeStore, StoreOptions } from "./store.ts";

/** Whether an object is in the lake. */
export async function isThere(
  store: Pick<LakeStore, "list">,
  name: string,
  options?: StoreOptions,
): Promise<boolean> {
  for await (const object of store.list(name, options)) if (object.name === name) return true;
  return false;
}

/** An object's bytes; `undefined` if it is not there. */
export async function getIfThere(
  store: Pick<LakeStore, "get">,
  name: string,
  options?: StoreOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await store.get(name, options);
  } catch (error) {
    if (error instanceof AbsentObject) return undefined;
    throw error;
  }
}
