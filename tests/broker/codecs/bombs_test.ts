import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { python, serviceTest } from "../../services/services.ts";

/** What the batches become. `TEST_BOMB_MIB=1200` is what was used against release 0.1.0. */
const MIB = Number(Deno.env.get("TEST_BOMB_MIB") ?? 96);

/** Memory that reading one batch may take beside it, whatever it becomes. */
const MOST_GROWN_MIB = 110;

const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

interface Outcome {
  messages: number;
  bytes: number;
  cuts: Array<{ keyBytes: number; valueBytes: number; valueSha256: string }>;
  error?: string;
  grownMiB: number;
  longestMs: number;
}

async function readBomb(file: string, codec: number, count: number): Promise<Outcome> {
  const script = new URL("./read_bomb.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "-A", script, file, `${codec}`, `${count}`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.ok(text !== "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

serviceTest(
  `a small batch that becomes ${MIB} MiB takes little memory, and is read`,
  { needs: ["python"] },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "ticklake-bombs-" });
    await python(new URL("./bombs.py", import.meta.url), [folder, `${MIB}`]);
    const hash = createHash("sha256");
    for (let i = 0; i < MIB; i++) hash.update("x".repeat(2 ** 20));
    const valueSha256 = hash.digest("hex");
    for (const [name, codec] of Object.entries(CODECS)) {
      const value = await readBomb(`${folder}/value-${name}`, codec, 1);
      assert.equal(value.error, undefined);
      assert.deepEqual(value.cuts, [{ keyBytes: 0, valueBytes: MIB * 2 ** 20, valueSha256 }], name);
      assert.equal(value.messages, 1);
      assert.ok(value.bytes <= 4096, "only the beginning is kept");
      assert.ok(value.grownMiB < MOST_GROWN_MIB, `${name} value: ${JSON.stringify(value)}`);
      const count = MIB * 2 ** 16;
      const rows = await readBomb(`${folder}/rows-${name}`, codec, count);
      assert.deepEqual([rows.error, rows.messages], [undefined, count], name);
      assert.ok(rows.grownMiB < MOST_GROWN_MIB, `${name} rows: ${JSON.stringify(rows)}`);
    }
    await Deno.remove(folder, { recursive: true });
  },
);
