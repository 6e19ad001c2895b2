/**
 * Reads one compressed batch as a consumer does and prints what came of it, with the most memory that
 * the process has had. Arguments: FILE CODEC COUNT.
 */
import { plainBatch, withRecords } from "./batch_bytes.ts";
import { RecordReader } from "../../../mod/broker/kafka/record_batch_reader.ts";

const [file, codec, count] = Deno.args;
const header = plainBatch([""]);
header.writeInt32BE(Number(count) - 1, 23);
header.writeInt32BE(Number(count), 57);
const reader = new RecordReader({
  partition: 0,
  fetchOffset: 0,
  highWatermark: 2 ** 31,
  aborted: [],
  bytes: new Uint8Array(withRecords(header, Deno.readFileSync(file), Number(codec))),
});
const memoryMiB = () => {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))!;
  return Math.round(Number(kilobytes) / 1024);
};
const before = memoryMiB();
let messages = 0;
let bytes = 0;
let longestMs = 0;
const cuts: unknown[] = [];
let error: string | undefined;
try {
  for (let from = performance.now();; from = performance.now()) {
    const batch = reader.next();
    longestMs = Math.max(longestMs, performance.now() - from);
    if (batch === null) break;
    messages += batch.count;
    for (let i = 0; i < batch.count; i++) bytes += batch.value(i)!.length;
    cuts.push(...batch.cuts?.values() ?? []);
    await new Promise((resolve) => setTimeout(resolve));
  }
} catch (thrown) {
  error = String(thrown);
}
const grownMiB = memoryMiB() - before;
console.log(JSON.stringify({ messages, bytes, cuts, error, grownMiB, longestMs }));
