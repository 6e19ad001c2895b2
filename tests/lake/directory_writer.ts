/*
 * Puts one object again and again, as a process of its own, to be killed. Every body is one byte
 * repeated, and no two have the same length.
 *
 * Arguments: DIRECTORY NAME
 */
import { openDirectoryLake } from "../../mod/lake/directory.ts";

const [directory, name] = Deno.args;
const lake = openDirectoryLake(directory);
for (let i = 0;; i++) {
  await lake.put(name, new Uint8Array(500_000 + i).fill(i % 256));
  Deno.stdout.writeSync(new Uint8Array(1));
}
