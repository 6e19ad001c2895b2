/** One object of the lake. */
export interface LakeObject {
  /** Name below the lake's root, `/` between its parts. */
  name: string;
  /** Size in bytes. */
  size: number;
  /** Another one where the name's bytes were replaced: S3's ETag, or what the file system knows. */
  version: string;
}

/** Options of a single call. */
export interface StoreOptions {
  /** Ends the call early; it then throws the signal's reason. */
  signal?: AbortSignal;
}

/** The lake's port: named, immutable objects in S3 or in a directory. */
export interface LakeStore {
  /** For people: which lake this is, such as `s3://bucket/prefix`. */
  readonly description: string;
  /**
   * Stores an object, durable when it returns. A reader sees all of it or nothing. The same name
   * again replaces it, so a repeated put is harmless.
   * @throws {Failure} kind `service` when the store cannot be reached or refuses; what was stored before stays.
   */
  put(name: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
  /**
   * Stores an object unless there is one of this name, durable when it returns. Of several that try at
   * once one succeeds.
   * @returns whether it was stored now. `false` may also be the answer to a request that a client library
   * repeated by itself, so it does not mean that another writer's bytes are there.
   * @throws {Failure} kind `service`; whether the object was stored is then not known.
   */
  create(name: string, bytes: Uint8Array, options?: StoreOptions): Promise<boolean>;
  /**
   * The object's bytes, or those of `range` (`end` exclusive).
   * @throws {AbsentObject} when there is no such object
   * @throws {Failure} when the store cannot be reached or refuses: whether there is such an object is not known
   */
  get(
    name: string,
    options?: StoreOptions & { range?: { start: number; end: number } },
  ): Promise<Uint8Array>;
  /** All objects whose name begins with `prefix`, in no promised order; nothing for an unknown prefix. */
  list(prefix: string, options?: StoreOptions): AsyncIterable<LakeObject>;
  /** Removes an object; one that does not exist is no error. */
  remove(name: string, options?: StoreOptions): Promise<void>;
  /** Proves that objects can be written here, before work begins. @throws {Failure} */
  check(options?: StoreOptions): Promise<void>;
  close(): void;
}
