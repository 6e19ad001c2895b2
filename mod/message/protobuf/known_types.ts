import protobuf from "protobufjs";

/** Files that schemas import without registering them, besides those of `google/protobuf`. */
const FILES: Readonly<Record<string, string>> = {
  "google/type/date.proto": `
    syntax = "proto3";
    package google.type;
    message Date { int32 year = 1; int32 month = 2; int32 day = 3; }`,
  "google/type/decimal.proto": `
    syntax = "proto3";
    package google.type;
    message Decimal { string value = 1; }`,
  "confluent/type/decimal.proto": `
    syntax = "proto3";
    package confluent.type;
    message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
  "confluent/meta.proto": `syntax = "proto3"; package confluent;`,
  "google/protobuf/descriptor.proto": `syntax = "proto2"; package google.protobuf;`,
};

/** Adds an imported file to the root. @returns whether it is a well-known one */
export function addKnownFile(root: protobuf.Root, path: string): boolean {
  const common = protobuf.common.get(path);
  if (common !== null && common.nested !== undefined) {
    root.addJSON(common.nested);
    return true;
  }
  if (!Object.hasOwn(FILES, path)) return false;
  protobuf.parse(FILES[path], root);
  return true;
}
