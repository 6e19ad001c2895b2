/**
 * List prices of us-east-1 in US dollars, without free tiers and taxes, for estimates. Other regions
 * cost up to half as much again. Source: aws.amazon.com/s3/pricing, /athena/pricing.
 */
export const PRICES = {
  /** Month of the price lists. */
  date: "2025-06",
  region: "us-east-1",
  /** S3 Standard, first 50 TB: for a GB, of 2^30 bytes as AWS counts them, and month. */
  storageGbMonth: 0.023,
  /** PUT and LIST, for a request. */
  put: 0.005 / 1000,
  /** Athena, for a TB scanned, of 2^40 bytes. */
  athenaTb: 5,
} as const;

/** Athena counts at least this much of a query. */
const ATHENA_LEAST_BYTES = 10 * 2 ** 20;

/** Estimated price of a query, in US dollars; nothing for one that reads nothing (SHOW, a cache). */
export function athenaDollars(scannedBytes: number): number {
  if (scannedBytes === 0) return 0;
  return Math.max(scannedBytes, ATHENA_LEAST_BYTES) / 2 ** 40 * PRICES.athenaTb;
}

/** Dollars for the user: cents and below where there are no whole ones. */
export function formatDollars(dollars: number): string {
  if (dollars === 0) return "$0";
  return dollars < 0.01 ? `$${Number(dollars.toPrecision(2))}` : `$${dollars.toFixed(2)}`;
}
