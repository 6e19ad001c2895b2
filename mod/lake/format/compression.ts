import { Failure } from "../../failure/failure.ts";
import type { LakeFormat } from "./lake_format.ts";

/** Compressions of the lake's objects. */
export type Compression = "snappy" | "zstd" | "gzip" | "none";

/**
 * Default compression of each format. For Parquet the smallest that takes no longer than snappy;
 * every recent reader supports it.
 */
const DEFAULTS: Readonly<Record<LakeFormat, Compression>> = { parquet: "zstd", jsonl: "gzip" };

/** Compression of a flush whose intent names none: release 0.1.0 had no choice. */
export const UNRECORDED: Readonly<Record<LakeFormat, Compression>> = {
  parquet: "snappy",
  jsonl: "gzip",
};

/**
 * The compression of a format's objects.
 * @param chosen the setting, if given
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
