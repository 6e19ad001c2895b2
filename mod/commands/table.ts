import type { Command } from "../cli/command.ts";

/** All subcommands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "produce",
    summary: "Send rows of files to the topic",
    description:
      "Samples random rows (the default, one a second) or replays the files in their order. A row counts as sent when all replicas have acknowledged it. Files may be CSV with any separator or JSON lines, gzip or zstd too; a header's names count without regard to case.",
    arguments: "[files...]",
    examples: [
      ["ticklake produce", "a random shipped quote every second, until Ctrl-C"],
      ["ticklake produce --mode replay --rate max --input quotes.csv", "the whole file, at once"],
      [
        "ticklake produce --mode replay --rate max --set Index={stem} --input 'prices/*.csv'",
        "a file for each symbol, without a column of it",
      ],
      ["ticklake produce --mode simulate --rate 10", "a market that moves, from the last closes"],
      ["cat quotes.csv | ticklake produce --input - --mode replay --json", "from a pipe"],
    ],
    essential: ["input", "mode", "rate", "count", "topic", "bootstrapServers"],
    load: () => import("./produce.ts"),
  },
  {
    name: "consume",
    summary: "Write the topic's rows to the lake, exactly once",
    description:
      "Reads as a member of a consumer group and writes Parquet or JSON lines, each offset exactly once whatever is killed. Rejected messages go to the lake's dead_letter folder.",
    examples: [
      ["ticklake consume", "until SIGINT or SIGTERM"],
      ["ticklake consume --until-end --json", "what is there now, then a summary"],
      ["ticklake consume --format jsonl --flush-interval 5m", "gzip JSON lines, larger objects"],
    ],
    essential: [
      "untilEnd",
      "watch",
      "flushInterval",
      "topic",
      "bootstrapServers",
      "bucket",
    ],
    load: () => import("./consume.ts"),
  },
  {
    name: "setup-catalog",
    summary: "Create or update the Glue database, table and crawler",
    description:
      "Safe to repeat, from cron too: says of each part whether it was created, updated or left unchanged. Without a bucket it sets up the local catalog. Glue reads buckets of AWS alone: a lake on another S3 server needs no catalog, see query.",
    arguments: "[policy]",
    examples: [
      ["ticklake setup-catalog --create-role --run --wait", "all that Athena needs, at once"],
      [
        "ticklake setup-catalog --role NAME --schedule 'cron(15 6 * * ? *)'",
        "a crawl every morning",
      ],
      ["ticklake setup-catalog --projection", "a table that computes its days, without a crawler"],
      ["ticklake setup-catalog --dry-run", "what would change"],
      ["ticklake setup-catalog --print-policy query", "the least IAM policy of a command"],
    ],
    essential: ["dryRun", "createRole", "run", "wait", "projection", "bucket", "database"],
    load: () => import("./setup_catalog.ts"),
  },
  {
    name: "query",
    summary: "Ask the lake with SQL",
    description:
      'Runs one read-only SQL statement on Athena or on the local engine; on a terminal without SQL it is a shell with history and completion. Quote the columns "index" and "date": they are reserved words. A lake on an S3 server that is not AWS has the local engine (--engine local).',
    arguments: "[sql]",
    examples: [
      ["ticklake query", "a shell, on a terminal"],

      ["ticklake query 'SELECT \"index\", max(close) FROM index_quotes GROUP BY 1'", "a table"],
      ["ticklake query --file report.sql --format csv", "from a file, as CSV"],
      ["ticklake query --example", "ready-made queries"],
      ["ticklake query --example monthly-candles", "run one of them"],
    ],
    essential: ["example", "sqlFile", "resultFormat", "engine", "bucket"],
    load: () => import("./query.ts"),
  },
  {
    name: "verify",
    summary: "Prove that every committed offset is in the lake exactly once",
    description:
      "Compares, from outside the sink, the lake's objects with the offsets that the group has committed. Ends with 4 where an offset is missing, twice or too much, naming the first ranges.",
    examples: [
      ["ticklake verify", "by the objects' names, in seconds"],
      ["ticklake verify --deep --json", "by reading every row"],
      ["ticklake verify --deep --since 2026-11-24", "only what came since that day"],
      [
        "ticklake verify --table-of-others --prefix topics/quotes --topic quotes",
        "a lake of Kafka Connect or Redpanda Connect",
      ],
    ],
    essential: ["deep", "topic", "group", "bucket", "json"],
    load: () => import("./verify.ts"),
  },
  {
    name: "maintain",
    summary: "Merge small files, expire snapshots, remove files that none has",
    description:
      "In Hive folders, with --merge: small objects of closed days become one a folder; readers without a table format may see rows twice for a moment, which an Iceberg table spares them. Of an Iceberg table: merges small files of a partition (a query sees either), expires snapshots, and removes files that no snapshot has; on AWS, Glue's table optimizers and Athena's OPTIMIZE do that too. Safe beside consume, and from cron.",
    examples: [
      ["ticklake maintain", "what --merge would do to the small objects"],
      ["ticklake maintain --merge", "once a day, when nobody queries"],
      ["ticklake maintain --table-format iceberg --dry-run", "what would be merged and removed"],
      ["ticklake maintain --table-format iceberg", "once a day is enough"],
    ],
    essential: ["tableFormat", "merge", "olderThan", "dryRun", "bucket", "json"],
    load: () => import("./maintain.ts"),
  },
  {
    name: "status",
    summary: "Show offsets, lag, the lake's objects and what they cost",
    description:
      "Where the group stands in each partition, what is in the lake, the crawler's state, and the estimated price of storing and writing it, by AWS's price list. Warns of many small objects.",
    examples: [
      ["ticklake status", "at a glance"],
      ["ticklake status --json", "for monitoring"],
      ["ticklake status --alert --alert-lag 5000", "from cron: exit 4 when nobody consumes"],
    ],
    essential: ["topic", "group", "bucket", "json"],
    load: () => import("./status.ts"),
  },
  {
    name: "topic",
    summary: "Look into a topic: list, show, read",
    description:
      "list names the broker's topics. show prints a topic's log, partitions, settings and the groups that read it. read prints messages and says of each whether consume would make a row of it, and if not, why. It reads and never commits.",
    arguments: "[action] [name]",
    words: ["list", "show", "read"],
    examples: [
      ["ticklake topic read -n 5", "the last five messages"],
      ["ticklake topic read --from 2026-11-24T09:30:00Z --where Index=HSI", "from a time on"],
      ["ticklake topic read --partition 0 --from 4711 -n 1 --format json", "one message"],
      ["ticklake topic show", "partitions, retention, groups with their lag"],
    ],
    essential: ["readCount", "readFrom", "readPartition", "where", "bootstrapServers", "json"],
    load: () => import("./topic.ts"),
  },
  {
    name: "dead-letters",
    summary: "List, show, export and replay the messages that became no row",
    description:
      "list counts them by day, partition and reason. show prints the first ones with their bytes. export writes all of them to standard output as JSON lines. replay reads them by the schema in force: what is a row now goes into the table at its own offset, once, and is a dead letter no more.",
    arguments: "[action]",
    words: ["list", "show", "export", "replay"],
    examples: [
      ["ticklake dead-letters", "how many, and why"],
      ["ticklake dead-letters show -n 3 --reason Volume", "three of a kind"],
      ["ticklake dead-letters export --day 2026-11-24", "a day's, as JSON lines"],
      ["ticklake dead-letters replay --schema mended.json --dry-run", "how many are rows now"],
    ],
    load: () => import("./dead_letters.ts"),
  },
  {
    name: "schema",
    summary: "Show, infer and check what describes the rows",
    description:
      "Without a word the shipped schemas, which --schema takes by name. `infer` looks at a file and prints a schema for it, with comments on what was guessed; `show` prints the one in force; `check` finds the mistakes of one; `reference` describes the format.",
    arguments: "[action] [file]",
    words: ["list", "show", "infer", "check", "reference"],
    examples: [
      ["ticklake schema", "the shipped schemas"],
      ["ticklake schema infer prices.csv", "one for a file of yours, for --schema"],
      ["ticklake schema check prices.schema.json", "whether it has mistakes"],
      ["ticklake schema reference", "the fields of a schema"],
    ],
    essential: ["schema"],
    load: () => import("./schema.ts"),
  },
  {
    name: "reset",
    summary: "Move the group: to where the lake ends, or elsewhere",
    description:
      "Sets where the next consume goes on, while no consume of the group runs. What the table has is never written twice: going back needs --rewrite, which takes those ranges out of the table first. Offsets that are skipped become a gap on record. A reset that was cut off is repeated.",
    examples: [
      ["ticklake reset --to lake", "go on where the lake ends, whatever the group says"],
      ["ticklake reset --to latest --dry-run", "what would be skipped"],
      ["ticklake reset --to earliest --rewrite", "write all that the topic still has again"],
    ],
    load: () => import("./reset.ts"),
  },
  {
    name: "repair",
    summary: "Put right what verify finds",
    description:
      "Verifies by reading every row, then repairs: removes objects whose rows others hold, writes missing and unreadable offsets again from the topic, and records those that the topic no longer has as a gap. Needs a group that nobody consumes in. A repair that was cut off is repeated.",
    examples: [
      ["ticklake repair --dry-run", "what would be done"],
      ["ticklake repair", "and verify again"],
      ["ticklake repair --log", "the file of the embedded log, when it is damaged"],
    ],
    essential: ["dryRun", "repairLog", "topic", "group", "bucket", "json"],
    load: () => import("./repair.ts"),
  },
  {
    name: "doctor",
    summary: "Check settings and services, with the fix",
    description:
      "A line for each: DNS, TCP, TLS, login, advertised listeners, topic, region, clock, identity, bucket, write permission, role; or the embedded parts. Ends with 2 where settings are wrong, with 3 where a service is.",
    examples: [
      ["ticklake doctor", "before the first run, and whenever something does not work"],
      ["ticklake doctor --json", "for monitoring"],
    ],
    essential: ["bootstrapServers", "bucket", "json"],
    load: () => import("./doctor.ts"),
  },
  {
    name: "dashboard",
    summary: "Serve a local web page that shows it live",
    description:
      "Candles for each index from the lake and then live from the topic, closes in dollars, rate, lag, the lake's growth, messages, dead letters, and SQL on the local engine. For this host; other hosts need TICKLAKE_DASHBOARD_TOKEN.",
    examples: [
      ["ticklake dashboard", "at http://127.0.0.1:8321, until Ctrl-C"],
      ["ticklake dashboard --listen 127.0.0.1:9000", "at another port"],
    ],
    essential: ["listen", "bootstrapServers", "bucket", "topic"],
    load: () => import("./dashboard.ts"),
  },
  {
    name: "demo",
    summary: "Run the whole path here, with nothing installed",
    description:
      "Sends 20,000 shipped quotes through the embedded broker into a Parquet lake in a fresh folder and asks three questions about them.",
    examples: [
      ["ticklake demo", "the whole path, in seconds"],
      ["ticklake demo --dashboard", "and then goes on, with a page to look at"],
    ],
    essential: ["dashboard", "listen", "json"],
    load: () => import("./demo.ts"),
  },
  {
    name: "completions",
    summary: "Print completions for bash, zsh or fish",
    description: "A script for bash, zsh or fish, from the same tables as the help.",
    arguments: "<shell>",
    words: ["bash", "zsh", "fish"],
    examples: [
      ["ticklake completions bash", "in ~/.bashrc: source <(ticklake completions bash)"],
      ["ticklake completions zsh", "in ~/.zshrc: source <(ticklake completions zsh)"],
      ["ticklake completions fish", "into ~/.config/fish/completions/ticklake.fish"],
    ],
    essential: [],
    load: () => import("./completions.ts"),
  },
  {
    name: "config",
    summary: "Show the settings in force and where each came from",
    description: "Flag, environment, .env file and default, in that order. Secrets are not shown.",
    examples: [
      ["ticklake config --json", "for scripts"],
      ["ticklake config --reference", "what all of them are for, in Markdown"],
    ],
    essential: ["reference", "json"],
    load: () => import("./config.ts"),
  },
];
