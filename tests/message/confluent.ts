import { fileURLToPath } from "node:url";
import { kafka } from "../services/services.ts";

/** The registry of the tests. */
export function registryUrl(): string {
  return Deno.env.get("TEST_SCHEMA_REGISTRY")!;
}

/** Has Confluent's client write rows to a topic: of each part a schema's. */
export async function confluentWrites(
  topic: string,
  parts: ReadonlyArray<{ schema: unknown; message?: string; rows: unknown[] }>,
  format = "avro",
): Promise<void> {
  await run("write", topic, JSON.stringify(parts), format);
}

/** Has Confluent's client read so many rows of a topic. */
export async function confluentReads(
  topic: string,
  count: number,
  format: string,
  descriptor?: { schema: unknown; message: string },
): Promise<Array<Record<string, unknown>>> {
  const env = { DESCRIPTOR: JSON.stringify(descriptor) ?? "" };
  const lines = (await run("read", topic, String(count), format, env)).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function run(
  what: string,
  topic: string,
  argument: string,
  format: string,
  env: Record<string, string> = {},
): Promise<string> {
  const script = fileURLToPath(new URL("confluent.py", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(
    Deno.env.get("TEST_CONFLUENT_PYTHON")!,
    { args: [script, what, kafka()!, registryUrl(), topic, argument, format], stdin: "null", env },
  ).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Confluent's client failed:\n${text(stderr)}`);
  return text(stdout);
}
