/** The forms that the lake's objects can have. */
export type LakeFormat = "parquet" | "jsonl";

/** Ending of an object's name, by form. */
export const EXTENSIONS: Readonly<Record<LakeFormat, string>> = {
  parquet: "parquet",
  jsonl: "jsonl.gz",
};
