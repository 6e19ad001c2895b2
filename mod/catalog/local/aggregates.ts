import type { DatabaseSync } from "node:sqlite";
import { type Aggregate, defineAggregate, type Scalar } from "./define_function.ts";

/** Trino's aggregates that pick or count. Source: Trino, "Aggregate functions". */
export function defineAggregates(db: DatabaseSync): void {
  defineAggregate(db, "max_by", 2, extreme(1));
  defineAggregate(db, "min_by", 2, extreme(-1));
  defineAggregate(db, "count_if", 1, COUNT_IF);
  for (const [name, wanted] of [["bool_and", 0], ["every", 0], ["bool_or", 1]] as const) {
    defineAggregate(db, name, 1, truths(wanted));
  }
  for (const name of ["arbitrary", "any_value"]) defineAggregate(db, name, 1, FIRST);
  defineAggregate(db, "approx_distinct", 1, DISTINCT);
  defineAggregate(db, "approx_percentile", 2, PERCENTILE);
  defineAggregate(db, "geometric_mean", 1, GEOMETRIC_MEAN);
}

/** `max_by(x, y)`: x of the row with the largest y; the first such row where several have it. */
function extreme(sign: 1 | -1): Aggregate<{ value: Scalar; by: Scalar }> {
  return {
    start: () => ({ value: null, by: null }),
    step: (best, value, by) => {
      if (by === null) return best;
      return best.by === null || (sign === 1 ? by > best.by : by < best.by) ? { value, by } : best;
    },
    inverse: () => {
      throw new Error(
        `${sign === 1 ? "max_by" : "min_by"} with a moving frame is not supported here`,
      );
    },
    result: ({ value }) => value,
  };
}

const COUNT_IF: Aggregate<bigint> = {
  start: () => 0n,
  step: (sum, condition) => condition ? sum + 1n : sum,
  inverse: (sum, condition) => condition ? sum - 1n : sum,
  result: (sum) => sum,
};

/** Whether any condition is `wanted`; null if there is none. */
function truths(wanted: 0 | 1): Aggregate<{ found: boolean; any: boolean }> {
  return {
    start: () => ({ found: false, any: false }),
    step: (state, condition) => {
      if (condition === null) return state;
      state.any = true;
      if (Number(Boolean(condition)) === wanted) state.found = true;
      return state;
    },
    result: ({ found, any }) => any ? BigInt(found === (wanted === 1)) : null,
  };
}

const FIRST: Aggregate<{ value: Scalar }> = {
  start: () => ({ value: null }),
  step: (first, value) => {
    first.value ??= value;
    return first;
  },
  result: ({ value }) => value,
};

/** Exact, unlike Trino's. */
const DISTINCT: Aggregate<Set<Scalar>> = {
  start: () => new Set(),
  step: (seen, value) => value === null ? seen : seen.add(value),
  result: (seen) => BigInt(seen.size),
};

interface Percentile {
  values: number[];
  part: number;
  whole: boolean;
}

/** Exact, unlike Trino's; an integer if the values are. */
const PERCENTILE: Aggregate<Percentile> = {
  start: () => ({ values: [], part: 0.5, whole: true }),
  step: (state, value, part) => {
    if (value === null) return state;
    state.values.push(Number(value));
    state.whole &&= typeof value === "bigint";
    state.part = Number(part);
    return state;
  },
  result: ({ values, part, whole }) => {
    if (values.length === 0) return null;
    const sorted = Float64Array.from(values).sort();
    const at = Math.min(sorted.length - 1, Math.floor(part * sorted.length));
    return whole ? BigInt(sorted[at]) : sorted[at];
  },
};

const GEOMETRIC_MEAN: Aggregate<{ n: number; logs: number }> = {
  start: () => ({ n: 0, logs: 0 }),
  step: (state, value) => {
    if (value === null) return state;
    state.n++;
    state.logs += Math.log(Number(value));
    return state;
  },
  result: ({ n, logs }) => n === 0 ? null : Math.exp(logs / n),
};
