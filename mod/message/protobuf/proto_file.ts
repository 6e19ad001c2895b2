import protobuf from "protobufjs";
import { addKnownFile } from "./known_types.ts";

/** Maximum files that one may import, with all that those import. */
const MOST_FILES = 200;

/**
 * Parses a `.proto` file with all that it imports. A schema registry may hand out the file's
 * descriptor instead of its text, in base64.
 * @param imported gives the text of an imported file, `undefined` if there is none
 * @returns the messages at the file's top level, in their order
 * @throws {Error} when it is no such file, imports what is missing, or has no message
 */
export async function protoFile(
  text: string,
  imported: (path: string) => string | undefined | Promise<string | undefined>,
): Promise<protobuf.Type[]> {
  const root = new protobuf.Root();
  const file = await addFile(root, text);
  // No other file has been added yet, so the package's messages are this file's.
  const messages = messagesOf(root, file.package);
  const waiting = file.imports;
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    if (seen.size > MOST_FILES) throw new Error(`it imports more than ${MOST_FILES} files`);
    const own = await imported(path);
    if (own !== undefined) waiting.push(...(await addFile(root, own)).imports);
    else if (!addKnownFile(root, path)) throw new Error(`it imports ${path}, which does not exist`);
  }
  root.resolveAll();
  if (messages.length === 0) throw new Error("expected a Protobuf message, found none");
  return messages;
}

interface AddedFile {
  package: string | undefined;
  imports: string[];
}

async function addFile(root: protobuf.Root, text: string): Promise<AddedFile> {
  if (isBase64(text)) {
    const { addDescriptor } = await import("./proto_descriptor.ts");
    return addDescriptor(root, Uint8Array.fromBase64(text.trim()));
  }
  const { package: name, imports = [], weakImports = [] } = protobuf.parse(text, root, {
    keepCase: true,
  });
  return { package: name, imports: [...imports, ...weakImports] };
}

function isBase64(text: string): boolean {
  return /^\s*[A-Za-z0-9+/]+=*\s*$/.test(text);
}

function messagesOf(root: protobuf.Root, name: string | undefined): protobuf.Type[] {
  const space = name === undefined ? root : root.lookup(name.split("."));
  if (!(space instanceof protobuf.Namespace)) return [];
  return space.nestedArray.filter((one) => one instanceof protobuf.Type);
}
