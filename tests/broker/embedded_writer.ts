/*
 * A producer as a process of its own, to be killed: sends numbered messages of its name in batches
 * and prints each number's last one once it is acknowledged.
 *
 * Arguments: FILE TOPIC NAME BATCH
 */
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";

const [path, topic, name, batch] = Deno.args;
const broker = await openEmbeddedBroker(path);
const producer = await broker.producer({ topic });
const size = Number(batch);
const encoder = new TextEncoder();
for (let first = 0;; first += size) {
  // Two sends in flight, so that a kill finds one that waits and one that is being written.
  await Promise.all([0, 1].map(async (half) => {
    const numbers = Array.from({ length: size / 2 }, (_, i) => first + half * size / 2 + i);
    await producer.send(
      numbers.map((number) => ({ key: `${number % 7}`, value: `${name} ${number}` })),
    );
    Deno.stdout.writeSync(encoder.encode(`${numbers[0]} ${numbers.at(-1)}\n`));
  }));
}
