import { WASI } from "@bjorn3/browser_wasi_shim";
import { parsePrism } from "@ruby/prism/src/parsePrism.js";

/** A node of Ruby's syntax tree: `type` is its class, such as `CallNode`. */
export interface RubyNode {
  type: string;
  /** Name of a class, a constant or a call's method. */
  name?: string;
  /** A string's value; `undefined` where it is put together. */
  value?: string;
  children: RubyNode[];
}

/** A program, or what is wrong with it. */
export interface RubyProgram {
  errors: string[];
  root: RubyNode;
}

/** Ruby's own parser (prism), as WebAssembly: no Ruby is needed. */
export async function rubyParser(): Promise<(source: string) => RubyProgram> {
  const file = new URL(import.meta.resolve("@ruby/prism/src/prism.wasm"));
  const module = await WebAssembly.compile(await Deno.readFile(file));
  const wasi = new WASI([], [], []);
  const instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: wasi.wasiImport,
  });
  wasi.initialize(instance as Parameters<WASI["initialize"]>[0]);
  return (source) => {
    const { errors, value } = parsePrism(instance.exports, source) as {
      errors: Array<{ message: string }>;
      value: object;
    };
    return { errors: errors.map(({ message }) => message), root: nodeOf(value) };
  };
}

function nodeOf(node: object): RubyNode {
  const { name, unescaped } = node as { name?: string; unescaped?: { value?: string } };
  return {
    type: node.constructor.name,
    name: typeof name === "string" ? name : undefined,
    value: unescaped?.value,
    children: Object.values(node).flat().filter(isNode).map(nodeOf),
  };
}

function isNode(value: unknown): value is object {
  return typeof value === "object" && value !== null && value.constructor.name.endsWith("Node");
}

/** The nodes below one, itself the first, in the source's order. */
export function* nodesBelow(node: RubyNode): Generator<RubyNode> {
  yield node;
  for (const child of node.children) yield* nodesBelow(child);
}

/** The calls of a method below a node. */
export function callsOf(node: RubyNode, method: string): RubyNode[] {
  return [...nodesBelow(node)].filter(({ type, name }) => type === "CallNode" && name === method);
}

/** The one string that a call has, such as `url "…"`. */
export function stringOf(call: RubyNode): string | undefined {
  const strings = [...nodesBelow(call)].filter(({ type }) => type === "StringNode");
  return strings.length === 1 ? strings[0].value : undefined;
}
