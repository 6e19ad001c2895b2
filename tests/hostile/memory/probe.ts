import { mebibytes, MEMORY_INPUTS, readInput } from "./inputs.ts";
for (const input of MEMORY_INPUTS) {
  if (Deno.args.length && !Deno.args.includes(input.kind)) continue;
  try {
    const r = await readInput(input, Deno.env.get("TEST_KAFKA")!);
    console.log(input.what, mebibytes(r.peakRss), "MiB", r.seconds.toFixed(1), "s", r.bound);
  } catch (e) {
    console.log(input.what, "FAILED", String((e as Error).message).slice(0, 400));
  }
}
