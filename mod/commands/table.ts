import type { Command } from "../cli/command.ts";

/** All subcommands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "produce",
    summary: "Send rows from files to the topic",
    description:
      "Samples random rows (the default, one per second) or replays files in order. A row counts as sent once all in-sync replicas have acknowledged it. Files may be CSV with any separator or JSON lines, optionally compressed with gzip or zstd; header names are matched case-insensitively.",
    arguments: "[files...]",
    examples: [
      ["ticklake produce", "a random sample quote every second, until Ctrl-C"],
      ["ticklake produce --mode replay --rate max --input quotes.csv", "the whole file, at once"],
      [
        "ticklake produce --mode replay --rate max --set Index={stem} --input 'prices/*.csv'",
        "one file per symbol, named for it",
      ],
      [
        "ticklake produce --mode simulate --rate 10",
        "a simulated market that starts from the last closes",
      ],
      ["cat quotes.csv | ticklake produce --input - --mode replay --json", "from a pipe"],
    ],
    essential: ["input", "mode", "rate", "count", "topic", "bootstrapServers"],
    load: () => import("./produce.ts"),
  },
  {
    name: "consume",
    summary: "Write the topic to the lake, exactly once",
    description:
      "Reads as a member of a consumer group and writes Parquet or JSON lines, each offset exactly once, even if processes are killed. Rejected messages go to the lake's dead_letter folder.",
    examples: [
      ["ticklake consume", "until SIGINT or SIGTERM"],
      ["ticklake consume --until-end --json", "everything there is now, then a summary"],
      ["ticklake consume --format jsonl --flush-interval 5m", "gzipped JSON lines, larger objects"],
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
      "Idempotent, so it can run from cron: reports for each part whether it was created, updated or left unchanged. Without a bucket it sets up the local catalog. Glue only reads buckets on AWS; a lake on another S3 server needs no catalog, see query.",
    arguments: "[policy]",
    examples: [
      ["ticklake setup-catalog --create-role --run --wait", "everything that Athena needs"],
      [
        "ticklake setup-catalog --role NAME --schedule 'cron(15 6 * * ? *)'",
        "a crawl every morning",
      ],
      ["ticklake setup-catalog --projection", "partition projection instead of a crawler"],
      ["ticklake setup-catalog --dry-run", "what would change"],
      ["ticklake setup-catalog --print-policy query", "the minimal IAM policy of a command"],
    ],
    essential: ["dryRun", "createRole", "run", "wait", "projection", "bucket", "database"],
    load: () => import("./setup_catalog.ts"),
  },
  {
    name: "query",
    summary: "Query the lake with SQL",
    description:
      'Runs one read-only SQL statement on Athena or the local engine. Without SQL on a terminal it starts a shell with history and completion. Quote the columns "index" and "date", which are reserved words. For a lake on an S3 server other than AWS use --engine local.',
    arguments: "[sql]",
    examples: [
      ["ticklake query", "a shell, on a terminal"],
      ["ticklake query 'SELECT \"index\", max(close) FROM index_quotes GROUP BY 1'", "a table"],
      ["ticklake query --file report.sql --format csv", "from a file, as CSV"],
      ["ticklake query --example", "list example queries"],
      ["ticklake query --example monthly-candles", "run one of them"],
    ],
    essential: ["example", "sqlFile", "resultFormat", "engine", "bucket"],
    load: () => import("./query.ts"),
  },
  {
    name: "verify",
    summary: "Prove that every committed offset is in the lake exactly once",
    description:
      "Independently compares the lake's objects with the offsets that the group has committed. Exits with 4 if an offset is missing, duplicated or unexpected, or if a lake of release 0.1.0 does not record why it begins where it does, and names the first ranges. Without --deep, a data file that was removed from an Iceberg table is not noticed: it goes by the table's manifests.",
    examples: [
      ["ticklake verify", "by object names, in seconds"],
      ["ticklake verify --deep --json", "by reading every row"],
      ["ticklake verify --deep --since 2026-11-24", "only what has arrived since that day"],
      [
        "ticklake verify --table-of-others --prefix topics/quotes --topic quotes",
        "a lake written by Kafka Connect or Redpanda Connect",
      ],
      [
        "ticklake verify --table-of-others --table-format iceberg --database lake --table quotes",
        "an Iceberg table written by Kafka Connect",
      ],
    ],
    essential: ["deep", "topic", "group", "bucket", "json"],
    load: () => import("./verify.ts"),
  },
  {
    name: "maintain",
    summary: "Merge small files, expire snapshots, remove unreferenced files",
    description:
      "In Hive folders, --merge combines the small objects of past days into one per folder; other readers may briefly see rows twice. For an Iceberg table it merges the small files of a partition (atomically), expires snapshots, and removes files that no snapshot references; on AWS, Glue's table optimizers and Athena's OPTIMIZE do that too. Safe to run alongside consume, and from cron.",
    examples: [
      ["ticklake maintain", "what --merge would do to the small objects"],
      ["ticklake maintain --merge", "once a day, while nobody runs queries"],
      ["ticklake maintain --table-format iceberg --dry-run", "what would be merged and removed"],
      ["ticklake maintain --table-format iceberg", "once a day is enough"],
    ],
    essential: ["tableFormat", "merge", "olderThan", "dryRun", "bucket", "json"],
    load: () => import("./maintain.ts"),
  },
  {
    name: "status",
    summary: "Show offsets, lag, the lake's objects and their cost",
    description:
      "Shows the group's position in each partition, the contents of the lake, the crawler's state, and the estimated cost of storing and writing it at AWS list prices. Warns about many small objects.",
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
    summary: "Inspect topics: list, show, read",
    description:
      "list names the broker's topics. show prints a topic's id, partitions, settings and consumer groups. read prints messages and says for each whether consume would turn it into a row, and if not, why. Never commits offsets.",
    arguments: "[action] [name]",
    words: ["list", "show", "read"],
    examples: [
      ["ticklake topic read -n 5", "the last five messages"],
      ["ticklake topic read --from 2026-11-24T09:30:00Z --where Index=HSI", "from a point in time"],
      ["ticklake topic read --partition 0 --from 4711 -n 1 --format json", "one message"],
      ["ticklake topic show", "partitions, retention, groups with their lag"],
    ],
    essential: ["readCount", "readFrom", "readPartition", "where", "bootstrapServers", "json"],
    load: () => import("./topic.ts"),
  },
  {
    name: "dead-letters",
    summary: "List, show, export and replay rejected messages",
    description:
      "list counts them by day, partition and reason. show prints the first ones with their bytes. export writes them to standard output as JSON lines. replay checks them against the current schema: those that are rows now are written to the table at their own offsets, exactly once, and removed from the dead letters.",
    arguments: "[action]",
    words: ["list", "show", "export", "replay"],
    examples: [
      ["ticklake dead-letters", "how many, and why"],
      ["ticklake dead-letters show -n 3 --reason Volume", "three of one kind"],
      ["ticklake dead-letters export --day 2026-11-24", "one day's, as JSON lines"],
      ["ticklake dead-letters replay --schema fixed.json --dry-run", "how many are rows now"],
    ],
    load: () => import("./dead_letters.ts"),
  },
  {
    name: "schema",
    summary: "List, show, infer and check schemas",
    description:
      "list, the default, names the shipped schemas, which --schema takes by name. infer prints a schema with comments on what was guessed: for a file of rows, for an Avro schema, a .proto file or a JSON Schema, or, without a file, for the topic's newest schema in the registry. show prints the current one; check finds mistakes in one; reference describes the format.",
    arguments: "[action] [file]",
    words: ["list", "show", "infer", "check", "reference"],
    examples: [
      ["ticklake schema", "the shipped schemas"],
      ["ticklake schema infer prices.csv", "a schema for your own file"],
      ["ticklake schema infer --topic trades", "for the schema that a registry has of a topic"],
      ["ticklake schema check prices.schema.json", "find mistakes in it"],
      ["ticklake schema reference", "the fields of a schema"],
    ],
    essential: ["schema"],
    load: () => import("./schema.ts"),
  },
  {
    name: "reset",
    summary: "Move the group to the end of the lake, or elsewhere",
    description:
      "Sets where the next consume continues; no consume of the group may be running. Nothing is written twice: moving back needs --rewrite, which removes those ranges from the table first. Skipped offsets become a recorded gap. An interrupted reset can be repeated.",
    examples: [
      [
        "ticklake reset --to lake",
        "continue where the lake ends, whatever the group has committed",
      ],
      ["ticklake reset --to latest --dry-run", "what would be skipped"],
      ["ticklake reset --to earliest --rewrite", "rewrite everything that the topic still has"],
    ],
    load: () => import("./reset.ts"),
  },
  {
    name: "repair",
    summary: "Fix what verify finds",
    description:
      "Reads every row, then removes objects whose rows are duplicates, rewrites missing and unreadable offsets from the topic, and records those that the topic no longer has as a gap. No consume of the group may be running. An interrupted repair can be repeated.",
    examples: [
      ["ticklake repair --dry-run", "what would be done"],
      ["ticklake repair", "repair, then verify again"],
      [
        "ticklake repair --deleted accept",
        "missing rows of an Iceberg table were deleted on purpose",
      ],
      ["ticklake repair --log", "repair a damaged embedded log"],
    ],
    essential: ["dryRun", "repairLog", "deleted", "topic", "group", "bucket", "json"],
    load: () => import("./repair.ts"),
  },
  {
    name: "doctor",
    summary: "Check settings and services, and suggest fixes",
    description:
      "Checks DNS, TCP, TLS, login, advertised listeners, topic, region, clock, identity, bucket, write permission, role, Glue and Athena; or the embedded parts. Exits with 2 if a setting is wrong, with 3 if a service fails.",
    examples: [
      ["ticklake doctor", "before the first run, and whenever something does not work"],
      ["ticklake doctor --json", "for monitoring"],
    ],
    essential: ["bootstrapServers", "bucket", "json"],
    load: () => import("./doctor.ts"),
  },
  {
    name: "dashboard",
    summary: "Serve a live web page of the pipeline",
    description:
      "Shows candles for each symbol from the lake and then live from the topic, closes in dollars, rate, lag, the lake's growth, messages, dead letters, and SQL on the local engine. Access from other hosts needs TICKLAKE_DASHBOARD_TOKEN.",
    examples: [
      ["ticklake dashboard", "at http://127.0.0.1:8321, until Ctrl-C"],
      ["ticklake dashboard --listen 127.0.0.1:9000", "on another port"],
    ],
    essential: ["listen", "bootstrapServers", "bucket", "topic"],
    load: () => import("./dashboard.ts"),
  },
  {
    name: "demo",
    summary: "Run the whole pipeline locally, with nothing installed",
    description:
      "Sends 20,000 sample quotes through the embedded broker into a Parquet lake in a new folder and runs three queries on them.",
    examples: [
      ["ticklake demo", "the whole pipeline, in seconds"],
      ["ticklake demo --dashboard", "then keeps running, with a dashboard"],
    ],
    essential: ["dashboard", "listen", "json"],
    load: () => import("./demo.ts"),
  },
  {
    name: "completions",
    summary: "Print shell completions for bash, zsh or fish",
    description: "Prints a completion script for the shell.",
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
    summary: "Show the effective settings and where each came from",
    description:
      "Settings come from flags, the environment, .env and defaults, in that order. Secrets are not shown.",
    examples: [
      ["ticklake config --json", "for scripts"],
      ["ticklake config --reference", "a reference of all settings, in Markdown"],
    ],
    essential: ["reference", "json"],
    load: () => import("./config.ts"),
  },
];
