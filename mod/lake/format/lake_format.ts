/** Formats of the lake's objects. */
export type LakeFormat = "parquet" | "jsonl";

/** Extension of an object's name, by format. */
export const EXTENSIONS: Readonly<Record<LakeFormat, string>> = {
  parquet: "parquet",
  jsonl: "jsonl.gz",
};
