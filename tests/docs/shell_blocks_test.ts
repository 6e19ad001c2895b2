import assert from "node:assert/strict";
import { freePort } from "../services/free_port.ts";
import { kafka, serviceTest, spawnTicklake, uniqueName } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/** A block of shell of a page, and the word behind `sh` that says what it needs. */
interface Block {
  needs: string;
  text: string;
}

function blocksOf(page: string): Block[] {
  const text = Deno.readTextFileSync(`${REPOSITORY}/${page}`);
  return [...text.matchAll(/^```sh *(\w*)\n([\s\S]*?)^```/gm)]
    .map(([, needs, text]) => ({ needs, text }));
}

/** A folder in which blocks run one after the other, as a reader would paste them. */
class Reader implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "ticklake-docs-" });
  #cwd = this.folder;
  readonly #env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    Deno.mkdirSync(`${this.folder}/bin`);
    Deno.symlinkSync(Deno.env.get("TEST_BINARY")!, `${this.folder}/bin/ticklake`);
    const path = `${this.folder}/bin:${Deno.env.get("PATH")}`;
    this.#env = { PATH: path, HOME: this.folder, TMPDIR: this.folder, NO_COLOR: "1", ...env };
  }

  get cwd(): string {
    return this.#cwd;
  }

  /** Runs a block; where it changes the folder, the next one begins there. */
  async paste(text: string): Promise<string> {
    const script = `set -eu\n${text}\npwd > "$HOME/cwd"\n`;
    const { success, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", script],
      cwd: this.#cwd,
      clearEnv: true,
      env: this.#env,
      stdin: "null",
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(success, `${text}\n${out}\n${error}`);
    this.#cwd = (await Deno.readTextFile(`${this.folder}/cwd`)).trim();
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A page's text for a broker at another address and names that nobody else uses. */
function forBroker(text: string): string {
  return text.replaceAll("localhost:9092", kafka()!);
}

const BOTH = { needs: ["binary", "kafka"] } as const;

serviceTest(
  "the quick start, pasted block by block, goes from a file to a dashboard",
  BOTH,
  async () => {
    const env = { KAFKA_TOPIC: uniqueName("docs"), KAFKA_GROUP_ID: uniqueName("docs") };
    await using reader = new Reader(env);
    const outputs: string[] = [];
    for (const { needs, text } of blocksOf("docs/quick-start.md")) {
      if (needs === "download") continue;
      if (needs === "") outputs.push(await reader.paste(forBroker(text)));
      else {
        assert.deepEqual([needs, text], ["stays", "ticklake dashboard\n"]);
        const listen = `127.0.0.1:${freePort()}`;
        await using dashboard = spawnTicklake(["dashboard", "--listen", listen], {
          binary: true,
          cwd: reader.cwd,
          env,
        });
        const [, url] = await dashboard.waitFor(/dashboard at (\S+)/);
        const { quotes } = await (await fetch(`${url}/api/state`)).json();
        assert.equal(quotes.length, 3);
      }
    }
    const text = outputs.join("");
    assert.match(text, /That was the whole pipeline/);
    assert.match(text, /ok: 3 offsets expected, 3 found, 0 missing, 0 duplicate/);
    assert.match(text, /ACME +2026-11-25.* +103\.7/);
    assert.match(text, /ACME +3 +104/);
    assert.match(text, /0 failed/);
  },
);

serviceTest(
  "the README's two commands and its five minutes with Kafka can be pasted",
  BOTH,
  async () => {
    await using reader = new Reader({
      KAFKA_TOPIC: uniqueName("docs"),
      KAFKA_GROUP_ID: uniqueName("docs"),
    });
    const outputs: string[] = [];
    Deno.mkdirSync(`${reader.folder}/prices`);
    Deno.writeTextFileSync(
      `${reader.folder}/prices/ACME.csv`,
      "Date,Open,High,Low,Close,Volume\n2026-11-23,1,2,1,2,10\n",
    );
    for (const { needs, text } of blocksOf("README.md")) {
      if (needs === "download") continue;
      outputs.push(await reader.paste(needs === "kafka" ? forBroker(text) : text));
    }
    const text = outputs.join("");
    assert.match(text.slice(0, 200), /wrote 1 row and/);
    assert.ok(/ok: 10,490 offsets expected, 10,490 found/.test(text), text.slice(0, 2000));
  },
);

/** 200 quotes in the topic. */
const SENT = "ticklake produce --mode replay --rate max --count 200";

/** 200 quotes in the topic and in the table. */
const FILLED = `${SENT}; ticklake consume --until-end`;

/** Pages whose blocks work on a log and a table of one folder. */
const PAGES = ["starting-over", "topic", "troubleshooting", "operating"];

serviceTest(
  `the blocks of the pages ${PAGES.join(", ")} can be pasted`,
  { needs: ["binary"] },
  async () => {
    for (const page of PAGES) {
      await using reader = new Reader();
      await reader.paste(FILLED);
      const blocks = blocksOf(`docs/${page}.md`).filter(({ needs }) => needs === "");
      assert.ok(blocks.length > 0, page);
      for (const { text } of blocks) await reader.paste(text);
    }
  },
);

serviceTest(
  "the notebook's files, one JSON text each without a line's end, go where the page on notebooks says",
  { needs: ["binary"] },
  async () => {
    await using reader = new Reader();
    for (let i = 0; i < 12; i++) {
      const quote = { Index: "HSI", Date: `2024-01-${10 + i}`, Open: 1, High: 2, Low: 1, Close: 2 };
      const row = { ...quote, "Adj Close": 2, Volume: 0, CloseUSD: 0.25 };
      // As the tutorial's json.dump writes it.
      await Deno.writeTextFile(`${reader.cwd}/stock_market_${i}.json`, JSON.stringify(row));
    }
    const [{ text }] = blocksOf("docs/notebooks.md");
    await reader.paste(text);
    assert.match(await reader.paste("ticklake topic read --topic old-quotes"), /2024-01-21/);
    const counted = await reader.paste("ticklake status --topic old-quotes --json");
    assert.match(counted, /"high":12\b/);
  },
);

serviceTest(
  "a damaged log is repaired as the page on it says",
  { needs: ["binary"] },
  async () => {
    await using reader = new Reader();
    await reader.paste(FILLED);
    await reader.paste("ticklake produce --mode replay --rate max --count 20000");
    // A part in the middle, behind what tells of the topics.
    await reader.paste(
      "dd if=/dev/zero of=.ticklake/log.sqlite bs=16384 seek=20 count=4 conv=notrunc status=none",
    );
    const outputs = [];
    for (const { needs, text } of blocksOf("docs/embedded-log.md")) {
      if (needs === "") outputs.push(await reader.paste(text));
    }
    assert.match(outputs.join(""), /ok: .* offsets expected/);
    assert.match(outputs.join(""), /partition \d: .*; offsets \d+ to \d+ lost/);
  },
);

serviceTest(
  "an Iceberg table is made, and a Hive table migrated, as the page on Iceberg says",
  { needs: ["binary"] },
  async () => {
    const blocks = blocksOf("docs/iceberg.md").filter(({ needs }) => needs === "");
    assert.equal(blocks.length, 2);
    const [made, migrated] = blocks.map(({ text }) =>
      // The page's goes on for as long as the host runs.
      text.replace(/^ticklake consume .*?iceberg\b/m, "$& --until-end")
    );
    for (const [before, text] of [[SENT, made], [FILLED, migrated]]) {
      await using reader = new Reader();
      await reader.paste(before);
      await reader.paste(text);
      await reader.paste("ticklake produce --mode replay --rate max --count 10");
      await reader.paste("ticklake consume --table-format iceberg --until-end");
      const verified = await reader.paste("ticklake verify --table-format iceberg --deep");
      assert.match(verified, /^ok: 210 offsets expected/m);
    }
  },
);

/** Words behind `sh` of blocks that are not pasted as they are, and why. */
const LABELS: Readonly<Record<string, string>> = {
  download: "fetches a release from GitHub",
  stays: "does not end; the tests of its page start it and look at it",
  kafka: "is pasted with the address of the tests' broker",
  host: "changes the host that it runs on: packages, systemd, users, SSH; see ec2_guide_test.ts",
  aws: "needs an AWS account; see cloudformation_test.ts",
  metrics: "needs the port of the metrics; a test below gives it one",
  checkout: "is for a checkout of the repository, and takes minutes",
  spark: "starts Spark, which not every host has; see spark/iceberg_snippets_test.ts",
  other: "is for another host, or an example with places to fill in",
};

/** Pages all of whose blocks without a label are pasted, and the file that does it. */
const PASTED: Readonly<Record<string, readonly string[]>> = {
  "shell_blocks_test.ts": [
    "README.md",
    ...["quick-start", "notebooks", "embedded-log", "iceberg", ...PAGES]
      .map((page) => `docs/${page}.md`),
  ],
  "mistakes_test.ts": ["docs/mistakes.md"],
};

const ALL_PAGES = ["README.md", "CONTRIBUTING.md", "bench/README.md"].concat(
  [...Deno.readDirSync(`${REPOSITORY}/docs`)].filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`),
);

Deno.test("a block of shell is pasted by a test, or says in a word why not", () => {
  const pasted = new Set(Object.values(PASTED).flat());
  const used = new Set<string>();
  for (const page of ALL_PAGES) {
    for (const { needs, text } of blocksOf(page)) {
      used.add(needs);
      if (needs === "") assert.ok(pasted.has(page), `${page} has no test that pastes\n${text}`);
      else assert.ok(Object.hasOwn(LABELS, needs), `${page}: ${needs}\n${text}`);
    }
  }
  assert.deepEqual(Object.keys(LABELS).filter((label) => !used.has(label)), []);
});

Deno.test("each block of shell is one by bash's syntax, whatever it needs", async () => {
  for (const page of ALL_PAGES) {
    for (const { text } of blocksOf(page)) {
      const { success, stderr } = await new Deno.Command("bash", { args: ["-n", "-c", text] })
        .output();
      assert.ok(success, `${page}: ${text}\n${new TextDecoder().decode(stderr)}`);
    }
  }
});

serviceTest(
  "the dashboard's page and EC2's questions to the metrics work as they are written",
  { needs: ["binary"] },
  async () => {
    await using reader = new Reader();
    await reader.paste(FILLED);
    const [{ text: command }] = blocksOf("docs/dashboard.md");
    const words = /^ticklake (.*)\n$/.exec(command)![1].split(" ");
    const where = { binary: true, cwd: reader.cwd };
    {
      await using dashboard = spawnTicklake([...words, "--listen", "127.0.0.1:0"], where);
      const [, url] = await dashboard.waitFor(/dashboard at (\S+)/);
      assert.match(await (await fetch(url)).text(), /<title>ticklake<\/title>/);
    }
    const listen = `127.0.0.1:${freePort()}`;
    await using consume = spawnTicklake(["consume", "--metrics", listen], where);
    await consume.waitFor(/reading partitions/);
    const [{ text: questions }] = blocksOf("docs/ec2.md").filter(({ needs }) =>
      needs === "metrics"
    );
    const answers = await reader.paste(questions.replaceAll("127.0.0.1:9464", listen));
    assert.match(answers, /ready/);
    assert.match(answers, /^ticklake_\w+(?:\{.*\})? \d/m);
  },
);
