/** Runs with a CSV file of this content, which is removed afterwards. */
export async function withFile(
  content: string | Uint8Array,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "ticklake-test-", suffix: ".csv" });
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}
