import type { S3FaultProxy, S3Request } from "./s3_fault_proxy.ts";

/** Counts the objects of ranges that pass a proxy on their way into the lake, and those that are put again. */
export class PutCounter {
  readonly #seen = new Set<string>();
  #repeated = 0;

  /** Counts from now on; whoever decides about requests now goes on doing so. */
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

  /** How often an object was put that had been put before. */
  get repeated(): number {
    return this.#repeated;
  }
}

/**
 * Whether a request writes an object of the lake (the marker by which consume checks S3 at its start is none) or
 * commits to a table in a REST catalog.
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

/** Whether a request is for a record that a table keeps about itself. */
export function isRecord({ target }: S3Request): boolean {
  return target.includes("/_ticklake/");
}

/**
 * Whether a request belongs to a flush: an object, the table's position, or its metadata. Other records, and an
 * Iceberg table itself, are put earlier. Its hint follows the metadata at once, and says nothing new.
 */
export function isFlushPut(request: S3Request): boolean {
  const { target } = request;
  if (/\/metadata\/(probe-|v1\.metadata\.json|version-hint\.text)/.test(target)) return false;
  return isObjectPut(request) && (!isRecord(request) || target.includes("/position-"));
}
