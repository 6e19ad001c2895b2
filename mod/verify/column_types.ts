/** Which types the columns of a table's objects have, and in how many objects. */
export class ColumnTypes {
  readonly #objects = new Map<string, Map<string, number>>();

  /** Counts an object. @param types by column */
  add(types: ReadonlyMap<string, string>): void {
    for (const [column, type] of types) {
      let own = this.#objects.get(column);
      if (own === undefined) this.#objects.set(column, own = new Map());
      own.set(type, (own.get(type) ?? 0) + 1);
    }
  }

  /** The columns that have several: `volume is INT64 in 3 objects, DOUBLE in 1`. */
  get several(): string[] {
    return [...this.#objects].filter(([, types]) => types.size > 1).map(([column, types]) => {
      const counted = [...types].map(([type, n], i) =>
        `${type} in ${n}${i === 0 ? n === 1 ? " object" : " objects" : ""}`
      );
      return `${column} is ${counted.join(", ")}`;
    });
  }
}
