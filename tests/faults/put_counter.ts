import type { S3FaultProxy, S3Request } from "./s3_fault_proxy.ts";

/** Counts the objects with rows and dead letters that pass a proxy on their way into the lake, and those that come again. */
export class PutCounter {
  readonly #seen = new Set<string>();
  #repeated = 0;

  /** Sees all that passes from now on, after whoever decides about it now. */
  constructor(proxy: S3FaultProxy) {
    const { treat } = proxy;
    proxy.treat = (request) => {
      this.#see(request);
      return treat(request);
    };
  }

  #see(request: S3Request): void {
    if (!isObjectPut(request) || isRecord(request)) return;
    if (this.#seen.has(request.target)) this.#repeated++;
    this.#seen.add(request.target);
  }

  /** Different objects. */
  get objects(): number {
    return this.#seen.size;
  }

  /** How often an object came that had come before. */
  get repeated(): number {
    return this.#repeated;
  }
}

/** Whether a request writes an object of the lake, and not the marker by which its start checks S3. */
export function isObjectPut({ method, target }: S3Request): boolean {
  return method === "PUT" && !target.split("?")[0].endsWith("/.check");
}

/** Whether a request is about what a table keeps about itself. */
export function isRecord({ target }: S3Request): boolean {
  return target.includes("/_ticklake/");
}

/** Whether a request is of a flush: an object, or how far the table is. What else a table keeps is put before. */
export function isFlushPut(request: S3Request): boolean {
  return isObjectPut(request) && (!isRecord(request) || request.target.includes("/position-"));
}
