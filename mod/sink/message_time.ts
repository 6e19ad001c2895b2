/** Kafka's timestamp for a message without one. */
const NONE = -1;

/** 1970-01-01 and the last millisecond of 2199. */
const [FIRST_MS, LAST_MS] = [0, 7_258_118_399_999];

/**
 * Why a row cannot have this Kafka timestamp; `null` if it can. Tables are partitioned by its day,
 * and one wild timestamp would add hundreds of thousands of days.
 */
export function wrongTime(timestampMs: number): string | null {
  if (timestampMs >= FIRST_MS && timestampMs <= LAST_MS) return null;
  if (timestampMs === NONE) return "no Kafka timestamp";
  return `Kafka timestamp ${timestampMs} is outside of the years 1970 to 2199`;
}
