import type { DatabaseSync } from "node:sqlite";
import { type Aggregate, defineAggregate, type Scalar } from "./define_function.ts";

/** Trino's statistical aggregates. Source: Trino, "Aggregate functions". */
export function defineStatistics(db: DatabaseSync): void {
  for (const [name, finish] of Object.entries(SPREAD)) defineAggregate(db, name, 1, spread(finish));
  for (const [name, finish] of Object.entries(PAIRS)) defineAggregate(db, name, 2, pairs(finish));
}

/** Sums of one variable, numerically stable (Welford). */
interface Moments {
  n: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  squares: number;
}

const SPREAD: Record<string, (moments: Moments) => number | null> = {
  var_pop: ({ n, squares }) => n < 1 ? null : squares / n,
  var_samp: ({ n, squares }) => n < 2 ? null : squares / (n - 1),
  variance: ({ n, squares }) => n < 2 ? null : squares / (n - 1),
  stddev_pop: ({ n, squares }) => n < 1 ? null : Math.sqrt(squares / n),
  stddev_samp: ({ n, squares }) => n < 2 ? null : Math.sqrt(squares / (n - 1)),
  stddev: ({ n, squares }) => n < 2 ? null : Math.sqrt(squares / (n - 1)),
};

function spread(finish: (moments: Moments) => number | null): Aggregate<Moments> {
  return {
    start: () => ({ n: 0, mean: 0, squares: 0 }),
    step: (moments, value) => {
      if (value === null) return moments;
      const x = Number(value);
      moments.n++;
      const distance = x - moments.mean;
      moments.mean += distance / moments.n;
      moments.squares += distance * (x - moments.mean);
      return moments;
    },
    inverse: (moments, value) => {
      if (value === null) return moments;
      if (moments.n === 1) return { n: 0, mean: 0, squares: 0 };
      const x = Number(value);
      const distance = x - moments.mean;
      moments.n--;
      moments.mean -= distance / moments.n;
      moments.squares = Math.max(0, moments.squares - distance * (x - moments.mean));
      return moments;
    },
    result: finish,
  };
}

/** Sums of two variables, of the rows that have both. */
interface PairMoments {
  n: number;
  meanX: number;
  meanY: number;
  xx: number;
  yy: number;
  xy: number;
}

/** Of a pair (y, x) the first is the dependent one, as in SQL's `regr_` functions. */
const PAIRS: Record<string, (moments: PairMoments) => number | null> = {
  corr: ({ n, xx, yy, xy }) => n < 2 || xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy),
  covar_pop: ({ n, xy }) => n < 1 ? null : xy / n,
  covar_samp: ({ n, xy }) => n < 2 ? null : xy / (n - 1),
  regr_slope: ({ n, yy, xy }) => n < 2 || yy === 0 ? null : xy / yy,
  regr_intercept: ({ n, meanX, meanY, yy, xy }) =>
    n < 2 || yy === 0 ? null : meanX - xy / yy * meanY,
};

function pairs(finish: (moments: PairMoments) => number | null): Aggregate<PairMoments> {
  return {
    start: () => ({ n: 0, meanX: 0, meanY: 0, xx: 0, yy: 0, xy: 0 }),
    step: (m, first: Scalar, second: Scalar) => {
      if (first === null || second === null) return m;
      const [x, y] = [Number(first), Number(second)];
      m.n++;
      const [dx, dy] = [x - m.meanX, y - m.meanY];
      m.meanX += dx / m.n;
      m.meanY += dy / m.n;
      m.xx += dx * (x - m.meanX);
      m.yy += dy * (y - m.meanY);
      m.xy += dx * (y - m.meanY);
      return m;
    },
    result: finish,
  };
}
