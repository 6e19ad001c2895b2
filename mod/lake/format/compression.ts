import { Failure } from "../../failure/failure.ts";
import type { LakeFormat } from "./lake_format.ts";

/** How the lake's objects can be compressed. */
export type Compression = "snappy" | "zstd" | "gzip" | "none";

/**
 * What an object of a format is compressed with where nothing is said. For Parquet what is smallest
 * and takes no longer than snappy; every reader of the last years has it.
 */
const DEFAULTS: Readonly<Record<LakeFormat, Compression>> = { parquet: "zstd", jsonl: "gzip" };

/** What a flush was compressed with whose intent does not say: release 0.1.0 had no choice. */
export const UNRECORDED: Readonly<Record<LakeFormat, Compression>> = {
  parquet: "snappy",
  jsonl: "gzip",
};

/**
 * The compression of a format's objects.
 * @param chosen what the settings say, if anything
 * @throws {Failure} kind `usage`, when the format has no such compression
 */
export function compressionOf(format: LakeFormat, chosen: Compression | undefined): Compression {
  if (format === "jsonl" && chosen !== undefined && chosen !== "gzip") {
    throw new Failure("usage", `--compression ${chosen}: JSON lines are written as gzip`, {
      fix: "Leave out --compression, or write --format parquet.",
    });
  }
  return chosen ?? DEFAULTS[format];
}
