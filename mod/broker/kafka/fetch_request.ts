import { fetchById } from "./fetch_by_id.ts";
import { fetchByName } from "./fetch_by_name.ts";
import type { Fetch, FetchedPartition } from "./fetched_partition.ts";
import type { RawRequest } from "./raw_request.ts";

/** The API key of Fetch. */
export const FETCH_KEY = 1;

/** Generous for large responses: the heartbeat notices a dead connection long before. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * A fetch whose record batches stay as the broker stores them. kafkajs's own creates an object and
 * two strings (via BigInt) for every record, which costs a microsecond and half a kilobyte per row;
 * it does not verify checksums and fails for batches of more than about 120,000 records
 * (`push(...records)`).
 * @param maxVersion the newest version of the request that the broker supports
 */
export function fetchRequest(fetch: Fetch, maxVersion: number): RawRequest<FetchedPartition[]> {
  const isById = fetch.topicId != null && maxVersion >= fetchById.apiVersion;
  const { apiVersion, encode, decode } = isById ? fetchById : fetchByName;
  return {
    apiKey: FETCH_KEY,
    apiVersion,
    apiName: "Fetch",
    encode: (headerLength) => encode(fetch, headerLength),
    decode: (payload) => decode(payload, fetch),
    timeoutMs: REQUEST_TIMEOUT_MS,
  };
}
