import type { DatabaseSync } from "node:sqlite";

/** A value of SQLite: dates and timestamps are text. */
export type Scalar = string | number | bigint | null;

/**
 * Defines a function of `length` arguments that gives null for a null argument, as nearly all functions
 * of SQL do.
 */
export function defineScalar(
  db: DatabaseSync,
  name: string,
  length: number,
  fn: (...values: Scalar[]) => Scalar,
): void {
  // SQLite takes the number of arguments from the function's own length.
  const sized = Object.defineProperty(
    (...values: Scalar[]) => values.includes(null) ? null : fn(...values),
    "length",
    { value: length },
  );
  db.function(name, { deterministic: true, useBigIntArguments: true }, sized as never);
}

/** Defines a function of any number of arguments that gives null for a null argument. */
export function defineVariadic(
  db: DatabaseSync,
  name: string,
  fn: (...values: Scalar[]) => Scalar,
): void {
  const strict = (...values: Scalar[]) => values.includes(null) ? null : fn(...values);
  db.function(
    name,
    { deterministic: true, useBigIntArguments: true, varargs: true },
    strict as never,
  );
}

/** An aggregate over groups and, with `inverse`, over the frames of a window. */
export interface Aggregate<State> {
  start(): State;
  /** Takes a row in. */
  step(state: State, ...values: Scalar[]): State;
  /** Takes a row out again that left the frame. */
  inverse?(state: State, ...values: Scalar[]): State;
  result(state: State): Scalar;
}

/** Defines an aggregate of `length` arguments. */
export function defineAggregate<State>(
  db: DatabaseSync,
  name: string,
  length: number,
  { start, step, inverse, result }: Aggregate<State>,
): void {
  // Here its length counts the state too.
  const sized = (fn: Aggregate<State>["step"]) =>
    Object.defineProperty((state: State, ...values: Scalar[]) => fn(state, ...values), "length", {
      value: length + 1,
    }) as never;
  db.aggregate(
    name,
    {
      useBigIntArguments: true,
      start,
      step: sized(step),
      ...inverse && { inverse: sized(inverse) },
      result,
    } as never,
  );
}

/** 1 for true: SQLite has no booleans. */
export function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}
