import { Failure, messageOf } from "../../failure/failure.ts";
import type { TableMetadata } from "./metadata.ts";

/** JSON with access to the source text of numbers, which TypeScript's types lack. */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const { parse, rawJSON } = JSON as unknown as JsonWithSource;

/** Reads JSON; snapshot ids, and all integers beyond 2^53, become bigint without losing a digit. */
export function parseJson(text: string): unknown {
  return parse(text, (key, value, { source }) => {
    if (typeof value !== "number" || source === undefined || !/^-?\d+$/.test(source)) return value;
    return key.endsWith("snapshot-id") || !Number.isSafeInteger(value) ? BigInt(source) : value;
  });
}

/** Writes JSON; bigint become integers. */
export function formatJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, value) => typeof value === "bigint" ? rawJSON(String(value)) : value,
  );
}

/**
 * Reads table metadata.
 * @param name of the file, for messages
 * @throws {Failure} kind `failed`, for what is not metadata of format version 2
 */
export function parseMetadata(bytes: Uint8Array, name: string): TableMetadata {
  let found: unknown;
  try {
    found = parseJson(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Failure("failed", `${name} is not table metadata: ${messageOf(cause)}`, { cause });
  }
  return checkMetadata(found, name);
}

/** As {@linkcode parseMetadata}, for JSON that was read. */
export function checkMetadata(found: unknown, name: string): TableMetadata {
  const metadata = found as TableMetadata;
  if (
    typeof metadata !== "object" || metadata === null || !Array.isArray(metadata.schemas) ||
    typeof metadata.location !== "string"
  ) {
    throw new Failure("failed", `${name} is not Iceberg table metadata of format version 2`);
  }
  if (metadata["format-version"] !== 2) {
    throw new Failure(
      "failed",
      `${name} has format version ${metadata["format-version"]}; expected 2`,
      { fix: "Give the schema another table name, or upgrade ticklake if it is an older one." },
    );
  }
  return metadata;
}
