import { fetchById } from "./fetch_by_id.ts";
import { fetchByName } from "./fetch_by_name.ts";
import type { Fetch, FetchedPartition } from "./fetched_partition.ts";
import type { RawRequest } from "./raw_request.ts";

/** The API key of Fetch. */
export const FETCH_KEY = 1;

/** A large answer may take its time; a dead connection is noticed by the heartbeat long before. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * A fetch whose answer is left as the broker stores it. kafkajs's own makes an object and two strings
 * (through BigInt) of every record, which costs a microsecond and half a kilobyte a row, does not
 * check checksums, and fails for a batch of more than about 120,000 records (`push(...records)`).
 * @param maxVersion the newest version of the request that the broker takes
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
