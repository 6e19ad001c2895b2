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
    if (!isRangePut(request)) return;
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

/**
 * Whether a request writes an object of the lake, and not the marker by which its start checks S3, or commits to a
 * table in a REST catalog.
 */
export function isObjectPut(request: S3Request): boolean {
  const { method, target } = request;
  return method === "PUT" && !target.split("?")[0].endsWith("/.check") || isTableCommit(request);
}

/** Whether a request commits to a table in a REST catalog. */
function isTableCommit({ method, target }: S3Request): boolean {
  return method === "POST" && isForCatalog(target) && target.includes("/tables/");
}

/** Whether a request writes an object of a range: with rows, dead letters or a gap. */
export function isRangePut(request: S3Request): boolean {
  const isOfCommit = isTableCommit(request) || request.target.includes("/metadata/");
  return isObjectPut(request) && !isRecord(request) && !isOfCommit;
}

/** Whether a request is for the REST catalog, which shares a proxy with S3: no bucket has this name. */
export function isForCatalog(target: string): boolean {
  return target.startsWith("/v1/");
}

/** Whether a request is about what a table keeps about itself. */
export function isRecord({ target }: S3Request): boolean {
  return target.includes("/_ticklake/");
}

/** Whether a request is of a flush: an object, or how far the table is. What else a table keeps is put before. */
export function isFlushPut(request: S3Request): boolean {
  return isObjectPut(request) && (!isRecord(request) || request.target.includes("/position-"));
}
