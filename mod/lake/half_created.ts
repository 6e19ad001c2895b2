import { Failure } from "../failure/failure.ts";
import { sleep } from "../wait/sleep.ts";
import type { LakeStore, StoreOptions } from "./store.ts";

/** Milliseconds before each look for an object that another process is creating. */
const PAUSES_MS = [0, 100, 400];

/**
 * Waits for an object that the store refused to create, since it exists: a server may refuse the name shortly
 * before it shows the object. A crash of the server in between leaves a name that can be neither created nor read.
 * @param look what there is under the name; `undefined` if nothing
 * @throws {Failure} kind `service`, when there is nothing
 */
export async function existing<T>(
  store: Pick<LakeStore, "description">,
  name: string,
  look: () => Promise<T | undefined>,
  { signal }: StoreOptions = {},
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    if (pauseMs > 0) await sleep(pauseMs, signal);
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Failure(
    "service",
    `${store.description} refuses to create ${name} because it exists, but has no such object ` +
      "when it is read: nothing can take its place",
    {
      fix:
        "Nothing is lost. A crash of the storage server may have left half of the object: with all " +
        `writers of the table stopped, put any object named ${name} and remove it again. Then start this again.`,
    },
  );
}
