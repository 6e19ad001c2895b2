import { freePort } from "../../tests/services/free_port.ts";
import { startKafka } from "../../tests/services/kafka/kafka.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { Forwarder } from "../forwarder.ts";
import { alternate, type Stage, ticklake, unique } from "../stage.ts";
import { type Figure, rowsFigure } from "../table.ts";

const CODECS = ["none", "snappy", "zstd", "gzip"] as const;

/** Bits a second of the links that are tried. */
const LINKS = { "1 Gbit/s": 1e9, "100 Mbit/s": 1e8 };

/**
 * From a CSV file to Kafka over a link that carries so much: what each compression of the batches is worth.
 * Network and sender share two cores with the broker here, so the figures of one link are to be compared
 * with each other only.
 */
export async function linkLine(stage: Stage): Promise<Figure[]> {
  const { rows, rounds, folder } = stage;
  const port = freePort();
  using link = new Link(port);
  const advertised = `127.0.0.1:${link.port}`;
  const kafka = await startKafka({
    folder: `${folder}/behind-a-link`,
    listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }],
  });
  const figures: Figure[] = [];
  try {
    for (const [name, bitsPerSecond] of Object.entries(LINKS)) {
      link.bytesPerSecond = bitsPerSecond / 8;
      const sent = new Map<string, number>();
      const produce = (codec: string) => () => {
        sent.set(codec, (sent.get(codec) ?? 0) - link.carried);
        const args = ["--topic", unique("link"), "--partitions", "1", "--mode", "replay", "--loop"];
        const program = ticklake(
          stage,
          ...["produce", ...args, "--rate", "max", "--count", String(rows), "--json"],
          ...["--batch-compression", codec],
        );
        return { ...program, env: { ...program.env, KAFKA_BOOTSTRAP_SERVERS: advertised } };
      };
      const bytes = (codec: string) => () => {
        sent.set(codec, sent.get(codec)! + link.carried);
        return { command: "true", args: [] };
      };
      const all = await alternate(
        rounds,
        CODECS.flatMap((codec) => [produce(codec), bytes(codec)]),
      );
      const runs = all.filter((_, i) => i % 2 === 0);
      const line = `produce over ${name}`;
      const none = rowsFigure(line, "none", rows, runs[0]).value.median;
      for (const [i, codec] of CODECS.entries()) {
        const each = Math.round(sent.get(codec)! / rounds / rows);
        const figure = rowsFigure(line, `${codec}: ${each} bytes a row`, rows, runs[i]);
        figures.push({ ...figure, ratio: figure.value.median / none });
      }
    }
  } finally {
    await kafka.stop();
  }
  return figures;
}

/** A way to a port on this host that carries so many bytes a second towards it. */
class Link extends Forwarder {
  bytesPerSecond = Infinity;
  /** Bytes that it has carried towards the port. */
  carried = 0;
  /** When what it has taken is through, by `performance.now()`. */
  #freeAt = 0;

  protected override async pass({ length }: Uint8Array): Promise<void> {
    this.carried += length;
    const now = performance.now();
    this.#freeAt = Math.max(this.#freeAt, now) + 1000 * length / this.bytesPerSecond;
    // A timer is not exact to the millisecond: what it is late by is caught up with.
    if (this.#freeAt > now + 2) await sleep(this.#freeAt - now - 1);
  }
}
