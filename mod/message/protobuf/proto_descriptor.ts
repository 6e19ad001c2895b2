import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";

/** Names of editions by their numbers in a descriptor. */
const EDITIONS: Readonly<Record<number, string>> = { 1000: "2023", 1001: "2024" };

interface FileDescriptor {
  package?: string;
  syntax?: string;
  edition?: number;
  dependency: string[];
  messageType: unknown[];
  enumType: unknown[];
}

interface FromDescriptor<T> {
  fromDescriptor(of: unknown, context: { edition: string; keepCase: boolean }): T;
}

/**
 * Adds a file of which there is the compiled descriptor alone. Its parts are added one by one:
 * `Root.fromDescriptor` wants the imported files first.
 * @throws {Error} when it is none
 */
export function addDescriptor(root: protobuf.Root, bytes: Uint8Array) {
  const file = descriptor.FileDescriptorProto.decode(bytes) as unknown as FileDescriptor;
  const { package: name, syntax, edition, dependency, messageType, enumType } = file;
  const context = { edition: editionOf(syntax, edition), keepCase: true };
  const space = name ? root.define(name) : root;
  const types = protobuf.Type as unknown as FromDescriptor<protobuf.Type>;
  const enums = protobuf.Enum as unknown as FromDescriptor<protobuf.Enum>;
  for (const message of messageType) space.add(types.fromDescriptor(message, context));
  for (const values of enumType) space.add(enums.fromDescriptor(values, context));
  return { package: name || undefined, imports: [...dependency] };
}

function editionOf(syntax: string | undefined, edition = 0): string {
  if (syntax !== "editions") return syntax || "proto2";
  if (edition in EDITIONS) return EDITIONS[edition];
  throw new Error(`edition ${edition} of Protobuf is not supported`);
}
