/** Something for each partition of each group of logs, made when it is first asked for. */
export class PerPartition<T> {
  readonly #groups = new Map<string, Map<number, T>>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  /** What there is for a partition, made where there is none. */
  of(group: string, partition: number): T {
    let own = this.#groups.get(group);
    if (own === undefined) this.#groups.set(group, own = new Map());
    let found = own.get(partition);
    if (found === undefined) own.set(partition, found = this.#make());
    return found;
  }
}
