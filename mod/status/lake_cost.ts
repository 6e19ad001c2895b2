import { PRICES } from "../aws/prices.ts";
import type { LakeInventory } from "./lake_inventory.ts";

/** What a lake in S3 costs, by list prices; see {@linkcode PRICES}. */
export interface LakeCost {
  /** Requests that writing its objects took: a PUT each. */
  putRequests: number;
  /** US dollars that those have cost. */
  putDollars: number;
  /** US dollars a month for storing what is there. */
  storageDollarsMonth: number;
  /** US dollars a month for writing, if it continues as on the days that are there; `null` if not known. */
  putDollarsMonth: number | null;
  /** Month of the price list. */
  priceDate: string;
  /** Region of the price list. */
  priceRegion: string;
}

const DAYS_OF_MONTH = 30;

/** Estimates the cost of a lake; nothing of it is asked of AWS. */
export function lakeCost(inventory: LakeInventory): LakeCost {
  const { objects, bytes, deadLetterObjects, deadLetterBytes, gapObjects, days } = inventory;
  const putRequests = objects + deadLetterObjects + gapObjects;
  const putDollars = putRequests * PRICES.put;
  return {
    putRequests,
    putDollars,
    storageDollarsMonth: (bytes + deadLetterBytes) / 2 ** 30 * PRICES.storageGbMonth,
    putDollarsMonth: days === 0 ? null : putDollars / days * DAYS_OF_MONTH,
    priceDate: PRICES.date,
    priceRegion: PRICES.region,
  };
}

/**
 * Size below which many objects make queries slow. Source: AWS, "Top 10 performance tuning tips for
 * Amazon Athena": files of 128 MB and more; a tenth of that is where opening them outweighs reading.
 */
const SMALL_BYTES = 12 * 2 ** 20;

/** Objects from which on their size matters. */
const MANY_OBJECTS = 100;

/** Whether a lake has so many small objects that queries suffer. */
export function hasSmallObjects({ objects, bytes }: LakeInventory): boolean {
  return objects >= MANY_OBJECTS && bytes / objects < SMALL_BYTES;
}
