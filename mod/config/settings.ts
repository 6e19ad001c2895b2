import type { ValueType, ValueTypes } from "./value.ts";

/** Names of the subcommands. */
export const COMMAND_NAMES = [
  "produce",
  "consume",
  "setup-catalog",
  "query",
  "verify",
  "maintain",
  "status",
  "topic",
  "dead-letters",
  "reset",
  "repair",
  "schema",
  "doctor",
  "dashboard",
  "demo",
  "completions",
  "config",
] as const;

/** Name of a subcommand. */
export type CommandName = (typeof COMMAND_NAMES)[number];

/** Groups of settings, in the order of `--help`, with their titles. */
export const GROUPS = {
  action: "What to do",
  input: "Input",
  flush: "Flush",
  kafka: "Kafka",
  lake: "Lake and S3",
  catalog: "Glue, Athena and SQL",
  dashboard: "Dashboard",
  monitoring: "Monitoring",
  output: "Output",
  common: "Common",
} as const;

/** A group of settings. */
export type SettingGroup = keyof typeof GROUPS;

/** One setting, declared once: help, checks, `config`, completions and the reference derive from it. */
export interface Setting<T extends ValueType = ValueType> {
  type: T;
  /** Where `--help` lists it. */
  group: SettingGroup;
  /** Placeholder after the flag in help, such as `<file>`; required for text. @default {by type} */
  placeholder?: string;
  /** What it does, one sentence without a full stop. */
  description: string;
  /** Long flag, such as `--topic`; a secret has none. */
  flag?: string;
  /** One letter, such as `-n`. */
  short?: string;
  /** Environment name, in the environment and in `.env`. */
  env?: string;
  /** Name of a variable that gives a file with the value; `env` wins. For a secret. */
  fileEnv?: string;
  /** The value when nothing sets it; absent: the setting is then `undefined`. */
  default?: ValueTypes[T];
  /** Allowed words, for the type `choice`. */
  choices?: readonly string[];
  /** Smallest value, for the types `integer` and `size`. @default {0} */
  min?: number;
  /** Largest value, for the type `size`. @default {no limit} */
  max?: number;
  /** The flag may be given several times: the values then come as lines. */
  many?: true;
  /** Subcommands that take it. */
  commands: "all" | readonly CommandName[];
  /** Never printed. A password is never a flag either: others on the host can read a command line. */
  secret?: true;
}

const BROKER = [
  "produce",
  "consume",
  "verify",
  "status",
  "topic",
  "reset",
  "repair",
  "dead-letters",
  "doctor",
  "dashboard",
] as const;
const LAKE = [
  "consume",
  "setup-catalog",
  "query",
  "verify",
  "status",
  "dead-letters",
  "reset",
  "repair",
  "doctor",
  "dashboard",
  "maintain",
] as const;

/** Commands that decide whether messages are rows. */
const READS_MESSAGES = ["consume", "topic", "dead-letters", "repair", "dashboard"] as const;

/** Commands that read or write messages. */
const MESSAGES = [
  "produce",
  "consume",
  "topic",
  "dead-letters",
  "repair",
  "dashboard",
  "doctor",
  "schema",
] as const;

/** Commands that read the table itself. */
const ICEBERG = [
  "consume",
  "setup-catalog",
  "query",
  "verify",
  "status",
  "doctor",
  "dashboard",
  "reset",
  "repair",
  "maintain",
  "dead-letters",
] as const;

function define<const S extends Record<string, Setting>>(settings: S): S {
  return settings;
}

/** All settings, in the order of the reference. */
export const SETTINGS = define({
  // General
  json: {
    type: "boolean",
    group: "output",
    flag: "--json",
    default: false,
    commands: "all",
    description: "Print JSON on standard output: one document, or one per line for streams",
  },
  logFormat: {
    type: "choice",
    group: "common",
    choices: ["text", "json"],
    flag: "--log-format",
    env: "TICKLAKE_LOG_FORMAT",
    default: "text",
    commands: "all",
    description: "Format of the log on standard error",
  },
  logLevel: {
    type: "choice",
    group: "common",
    choices: ["debug", "info", "warning", "error"],
    flag: "--log-level",
    env: "TICKLAKE_LOG_LEVEL",
    default: "info",
    commands: "all",
    description: "Lowest level to log",
  },
  envFile: {
    type: "string",
    group: "common",
    placeholder: "<file>",
    flag: "--env-file",
    commands: "all",
    description: "File of NAME=value lines to read instead of ./.env",
  },
  home: {
    type: "string",
    group: "common",
    placeholder: "<folder>",
    flag: "--home",
    env: "TICKLAKE_HOME",
    default: ".ticklake",
    commands: "all",
    description: "Directory of the embedded broker, lake and catalog",
  },
  schema: {
    type: "string",
    group: "common",
    placeholder: "<file>",
    flag: "--schema",
    env: "TICKLAKE_SCHEMA",
    commands: [
      "produce",
      "consume",
      "setup-catalog",
      "query",
      "verify",
      "status",
      "dashboard",
      "doctor",
      "topic",
      "dead-letters",
      "maintain",
      "schema",
      "reset",
      "repair",
    ],
    description:
      "Schema of the rows: a shipped schema's name or a JSON file, see `ticklake schema`; defaults to index_quotes",
  },

  // Kafka
  bootstrapServers: {
    type: "string",
    group: "kafka",
    placeholder: "<host:port,...>",
    flag: "--bootstrap-servers",
    env: "KAFKA_BOOTSTRAP_SERVERS",
    commands: BROKER,
    description: "Kafka brokers, HOST:PORT separated by commas; defaults to the embedded log",
  },
  topic: {
    type: "string",
    group: "kafka",
    placeholder: "<name>",
    flag: "--topic",
    env: "KAFKA_TOPIC",
    default: "index-quotes",
    commands: [...BROKER, "schema"],
    description: "Topic that carries the rows; defaults to the table's name with - for _",
  },
  group: {
    type: "string",
    group: "kafka",
    placeholder: "<name>",
    flag: "--group",
    env: "KAFKA_GROUP_ID",
    default: "ticklake",
    commands: [
      "consume",
      "verify",
      "status",
      "doctor",
      "dashboard",
      "reset",
      "repair",
      "dead-letters",
    ],
    description: "Consumer group",
  },

  securityProtocol: {
    type: "choice",
    group: "kafka",
    placeholder: "<protocol>",
    choices: ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
    env: "KAFKA_SECURITY_PROTOCOL",
    default: "PLAINTEXT",
    commands: BROKER,
    description: "Security protocol: SSL encrypts, SASL authenticates",
  },
  saslMechanism: {
    type: "choice",
    group: "kafka",
    placeholder: "<mechanism>",
    choices: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "AWS_MSK_IAM"],
    env: "KAFKA_SASL_MECHANISM",
    commands: BROKER,
    description: "SASL mechanism",
  },
  saslUsername: {
    type: "string",
    group: "kafka",
    placeholder: "<name>",
    env: "KAFKA_SASL_USERNAME",
    commands: BROKER,
    description: "User for PLAIN and SCRAM",
  },
  saslPassword: {
    type: "string",
    group: "kafka",
    placeholder: "<password>",
    env: "KAFKA_SASL_PASSWORD",
    fileEnv: "KAFKA_SASL_PASSWORD_FILE",
    commands: BROKER,
    description: "Password for PLAIN and SCRAM",
    secret: true,
  },
  sslCaFile: {
    type: "string",
    group: "kafka",
    placeholder: "<file>",
    env: "KAFKA_SSL_CA_FILE",
    commands: BROKER,
    description: "PEM file of the CA certificates to trust for Kafka; defaults to the public CAs",
  },
  sslCertFile: {
    type: "string",
    group: "kafka",
    placeholder: "<file>",
    env: "KAFKA_SSL_CERT_FILE",
    commands: BROKER,
    description: "PEM file of the client certificate, if Kafka requires one",
  },
  sslKeyFile: {
    type: "string",
    group: "kafka",
    placeholder: "<file>",
    env: "KAFKA_SSL_KEY_FILE",
    commands: BROKER,
    description: "PEM file of the client certificate's private key, unencrypted",
  },
  sessionTimeout: {
    type: "duration",
    group: "kafka",
    flag: "--session-timeout",
    env: "KAFKA_SESSION_TIMEOUT",
    default: 30_000,
    commands: ["consume"],
    description:
      "How long the group waits for a heartbeat before it rebalances without this consumer",
  },
  logRetention: {
    type: "duration",
    group: "kafka",
    flag: "--log-retention",
    env: "TICKLAKE_LOG_RETENTION",
    default: 7 * 24 * 3_600_000,
    commands: ["produce", "consume"],
    description:
      "Embedded log: how long to keep messages that every group of the topic has consumed",
  },
  logRetentionBytes: {
    type: "size",
    group: "kafka",
    flag: "--log-retention-bytes",
    env: "TICKLAKE_LOG_RETENTION_BYTES",
    commands: ["produce", "consume"],
    description:
      "Embedded log: size of a partition above which they are removed earlier; defaults to no limit",
  },
  logRetentionUnconsumed: {
    type: "boolean",
    group: "kafka",
    flag: "--log-retention-unconsumed",
    env: "TICKLAKE_LOG_RETENTION_UNCONSUMED",
    commands: ["produce", "consume"],
    description: "Embedded log: also remove messages that a group has not consumed",
  },

  // S3
  bucket: {
    type: "string",
    group: "lake",
    placeholder: "<name>",
    flag: "--bucket",
    env: "AWS_S3_BUCKET",
    commands: LAKE,
    description: "S3 bucket of the lake; defaults to a directory below --home",
  },
  prefix: {
    type: "string",
    group: "lake",
    placeholder: "<path>",
    flag: "--prefix",
    env: "TICKLAKE_PREFIX",
    default: "ticklake",
    commands: LAKE,
    description: "Path of the lake in the bucket",
  },
  s3Sse: {
    type: "choice",
    group: "lake",
    choices: ["AES256", "aws:kms"],
    flag: "--sse",
    env: "TICKLAKE_S3_SSE",
    commands: ["consume", "setup-catalog", "doctor"],
    description: "Server-side encryption of the objects; defaults to the bucket's",
  },
  s3SseKmsKeyId: {
    type: "string",
    group: "lake",
    placeholder: "<arn>",
    flag: "--sse-kms-key-id",
    env: "TICKLAKE_S3_SSE_KMS_KEY_ID",
    commands: ["consume", "setup-catalog", "doctor"],
    description: "KMS key for --sse aws:kms; defaults to the account's key for S3",
  },
  s3StorageClass: {
    type: "choice",
    group: "lake",
    placeholder: "<class>",
    choices: ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"],
    flag: "--storage-class",
    env: "TICKLAKE_S3_STORAGE_CLASS",
    commands: ["consume", "doctor"],
    description: "Storage class of the objects; defaults to STANDARD",
  },
  s3PathStyle: {
    type: "boolean",
    group: "lake",
    env: "TICKLAKE_S3_PATH_STYLE",
    commands: LAKE,
    description:
      "Address the bucket by path; defaults to true when AWS_ENDPOINT_URL names another server",
  },

  // produce
  input: {
    type: "string",
    group: "input",
    placeholder: "<file>",
    flag: "--input",
    env: "TICKLAKE_INPUT",
    many: true,
    commands: ["produce"],
    description:
      "File or pattern such as 'prices/*.csv': CSV or JSON lines, also gzip or zstd; - for standard input; defaults to the sample quotes",
  },
  inputFormat: {
    type: "choice",
    group: "input",
    choices: ["csv", "jsonl"],
    flag: "--input-format",
    env: "TICKLAKE_INPUT_FORMAT",
    commands: ["produce", "schema"],
    description: "Format of the input; defaults to what the file's extension or first byte says",
  },
  delimiter: {
    type: "string",
    group: "input",
    placeholder: "<character>",
    flag: "--delimiter",
    env: "TICKLAKE_DELIMITER",
    commands: ["produce", "schema"],
    description: "Field separator of CSV, one character or tab; detected by default: , ; tab or |",
  },
  constants: {
    type: "string",
    group: "input",
    placeholder: "<constant>",
    flag: "--set",
    env: "TICKLAKE_SET",
    many: true,
    commands: ["produce"],
    description:
      "COLUMN=VALUE for a column that the file lacks; {stem} stands for the file's name without extensions; several flags, or lines of the variable, set several",
  },
  lenient: {
    type: "string",
    group: "input",
    placeholder: "<words>",
    flag: "--lenient",
    env: "TICKLAKE_LENIENT",
    commands: READS_MESSAGES,
    description:
      "What to accept besides plain JSON objects, separated by commas: numbers, names, nan, epoch_s, epoch_ms, epoch_us, epoch_ns, envelope, twice, csv",
  },
  messageFormat: {
    type: "choice",
    group: "input",
    choices: ["json", "avro", "protobuf", "json-schema"],
    flag: "--message-format",
    env: "TICKLAKE_MESSAGE_FORMAT",
    default: "json",
    commands: MESSAGES,
    description: "Message format; all but json need a schema registry or --message-schema",
  },
  messageSchema: {
    type: "string",
    group: "input",
    placeholder: "<file>",
    flag: "--message-schema",
    env: "TICKLAKE_MESSAGE_SCHEMA",
    commands: MESSAGES,
    description: "Avro schema or .proto file for messages without a schema id",
  },
  messageType: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--message-type",
    env: "TICKLAKE_MESSAGE_TYPE",
    commands: MESSAGES,
    description:
      "Message type in the .proto file, such as Quote or Feed.Quote; defaults to the first",
  },
  registryUrl: {
    type: "string",
    group: "input",
    placeholder: "<url>",
    flag: "--schema-registry",
    env: "SCHEMA_REGISTRY_URL",
    commands: MESSAGES,
    description:
      "Schema registry with Confluent's API, such as http://127.0.0.1:8081, or AWS Glue's, glue://default-registry",
  },
  subject: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--subject",
    commands: ["schema"],
    description:
      "Subject of the schema in the registry; defaults to TOPIC-value, in AWS Glue to the topic's name",
  },
  registryUser: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    env: "SCHEMA_REGISTRY_USER",
    commands: MESSAGES,
    description: "User of the schema registry",
  },
  registryPassword: {
    type: "string",
    group: "input",
    placeholder: "<password>",
    env: "SCHEMA_REGISTRY_PASSWORD",
    fileEnv: "SCHEMA_REGISTRY_PASSWORD_FILE",
    commands: MESSAGES,
    description: "Password of the schema registry",
    secret: true,
  },
  strictFields: {
    type: "boolean",
    group: "input",
    flag: "--strict-fields",
    env: "TICKLAKE_STRICT_FIELDS",
    default: false,
    commands: READS_MESSAGES,
    description: "Treat messages with unknown fields as dead letters",
  },
  key: {
    type: "string",
    group: "input",
    placeholder: "<columns>",
    flag: "--key",
    env: "TICKLAKE_KEY",
    commands: ["produce"],
    description:
      "Key columns of the messages, separated by commas, or none; defaults to the schema's",
  },
  mode: {
    type: "choice",
    group: "input",
    choices: ["sample", "replay", "simulate"],
    flag: "--mode",
    env: "TICKLAKE_MODE",
    default: "sample",
    commands: ["produce"],
    description:
      "sample: random rows; replay: in file order; simulate: new prices from the last closes",
  },
  interval: {
    type: "duration",
    group: "input",
    flag: "--interval",
    env: "TICKLAKE_INTERVAL",
    default: 1000,
    commands: ["produce"],
    description: "Pause between two rows, unless --rate is given",
  },
  rate: {
    type: "rate",
    group: "input",
    flag: "--rate",
    env: "TICKLAKE_RATE",
    commands: ["produce"],
    description: "Rows per second, or max; instead of --interval",
  },
  batchCompression: {
    type: "choice",
    group: "kafka",
    choices: ["none", "gzip", "snappy", "zstd"],
    flag: "--batch-compression",
    env: "TICKLAKE_BATCH_COMPRESSION",
    default: "none",
    commands: ["produce"],
    description: "Compression of the batches sent to Kafka",
  },
  batchSize: {
    type: "size",
    group: "kafka",
    flag: "--batch-size",
    env: "TICKLAKE_BATCH_SIZE",
    default: 256 * 2 ** 10,
    min: 2 ** 10,
    max: 64 * 2 ** 20,
    commands: ["produce"],
    description:
      "Largest batch sent to Kafka, before compression; a batch that is too large for the topic is split",
  },
  count: {
    type: "integer",
    group: "input",
    placeholder: "<rows>",
    flag: "--count",
    short: "-n",
    commands: ["produce"],
    description:
      "Stop after this many rows; defaults to the end of the file for replay, and to no end for sample",
  },
  readCount: {
    type: "integer",
    group: "input",
    placeholder: "<messages>",
    flag: "--count",
    short: "-n",
    default: 10,
    commands: ["topic", "dead-letters"],
    description: "Maximum number of messages to show",
  },
  readFrom: {
    type: "string",
    group: "input",
    placeholder: "<place>",
    flag: "--from",
    commands: ["topic"],
    description:
      "Where to start: earliest, latest, an offset, -10 for the last ten, or a time; defaults to the newest",
  },
  readPartition: {
    type: "integer",
    group: "input",
    placeholder: "<number>",
    flag: "--partition",
    commands: ["topic", "dead-letters", "reset"],
    description: "Read only this partition",
  },
  day: {
    type: "string",
    group: "input",
    placeholder: "<yyyy-mm-dd>",
    flag: "--day",
    commands: ["dead-letters"],
    description: "Only messages of this UTC day",
  },
  reason: {
    type: "string",
    group: "input",
    placeholder: "<text>",
    flag: "--reason",
    commands: ["dead-letters"],
    description: "Only messages whose reason contains this text",
  },
  to: {
    type: "string",
    group: "action",
    placeholder: "<place>",
    flag: "--to",
    commands: ["reset"],
    description:
      "Where the group continues: lake (where the lake ends), earliest, latest, an offset, -10, or a time",
  },
  rewrite: {
    type: "boolean",
    group: "action",
    flag: "--rewrite",
    default: false,
    commands: ["reset"],
    description: "First remove ranges that are in the table, so that they are written again",
  },
  where: {
    type: "string",
    group: "input",
    placeholder: "<condition>",
    flag: "--where",
    commands: ["topic"],
    description: "Show only messages whose JSON field has this value, such as Index=HSI",
  },
  readFormat: {
    type: "choice",
    group: "output",
    choices: ["text", "json", "raw"],
    flag: "--format",
    default: "text",
    commands: ["topic"],
    description: "Output format: readable text, a JSON document per message, or raw values",
  },
  loop: {
    type: "boolean",
    group: "input",
    flag: "--loop",
    default: false,
    commands: ["produce"],
    description: "Start over at the end of the file (replay)",
  },
  seed: {
    type: "integer",
    group: "input",
    flag: "--seed",
    commands: ["produce"],
    description: "Seed for the random rows, to repeat them",
  },
  partitions: {
    type: "integer",
    group: "kafka",
    flag: "--partitions",
    env: "TICKLAKE_PARTITIONS",
    default: 4,
    min: 1,
    commands: ["produce", "demo"],
    description: "Partitions of the topic, if it has to be created",
  },
  strict: {
    type: "boolean",
    group: "input",
    flag: "--strict",
    env: "TICKLAKE_STRICT",
    default: false,
    commands: ["produce", "consume"],
    description: "Exit with code 4 if any row was rejected",
  },

  // consume
  format: {
    type: "choice",
    group: "lake",
    choices: ["parquet", "jsonl"],
    flag: "--format",
    env: "TICKLAKE_FORMAT",
    default: "parquet",
    commands: ["consume", "setup-catalog", "reset", "repair", "dead-letters"],
    description: "Format of the lake's objects: Parquet or gzipped JSON lines",
  },
  compression: {
    type: "choice",
    group: "lake",
    choices: ["snappy", "zstd", "gzip", "none"],
    flag: "--compression",
    env: "TICKLAKE_COMPRESSION",
    commands: ["consume", "repair", "dead-letters"],
    description: "Compression of Parquet; defaults to zstd",
  },
  partitionBy: {
    type: "string",
    group: "lake",
    placeholder: "<columns>",
    flag: "--partition-by",
    env: "TICKLAKE_PARTITION_BY",
    default: "dt",
    commands: ["consume", "setup-catalog", "reset", "repair", "dead-letters"],
    description:
      "Partitioning: dt, hour, column names, year(COLUMN), month(COLUMN), day(COLUMN), bucket(COLUMN,16), separated by commas; or none",
  },
  tableFormat: {
    type: "choice",
    group: "lake",
    placeholder: "<format>",
    choices: ["hive", "iceberg"],
    flag: "--table-format",
    env: "TICKLAKE_TABLE_FORMAT",
    default: "hive",
    commands: [...ICEBERG, "demo"],
    description: "Table format: objects in Hive folders, or an Iceberg table",
  },
  icebergCatalog: {
    type: "choice",
    group: "lake",
    placeholder: "<catalog>",
    choices: ["glue", "rest", "directory"],
    flag: "--iceberg-catalog",
    env: "TICKLAKE_ICEBERG_CATALOG",
    commands: ICEBERG,
    description:
      "Catalog of the Iceberg table; defaults to rest if ICEBERG_REST_URI is set, then to glue for a bucket on AWS, then to the table's own folder",
  },
  restUri: {
    type: "string",
    group: "lake",
    placeholder: "<url>",
    env: "ICEBERG_REST_URI",
    commands: ICEBERG,
    description: "Address of an Iceberg REST catalog, such as https://host/iceberg",
  },
  restWarehouse: {
    type: "string",
    group: "lake",
    placeholder: "<name>",
    env: "ICEBERG_REST_WAREHOUSE",
    commands: ICEBERG,
    description: "Warehouse of the REST catalog, if it has several",
  },
  restToken: {
    type: "string",
    group: "lake",
    placeholder: "<token>",
    env: "ICEBERG_REST_TOKEN",
    fileEnv: "ICEBERG_REST_TOKEN_FILE",
    commands: ICEBERG,
    description: "Bearer token of the REST catalog",
    secret: true,
  },
  restCredential: {
    type: "string",
    group: "lake",
    placeholder: "<client:secret>",
    env: "ICEBERG_REST_CREDENTIAL",
    fileEnv: "ICEBERG_REST_CREDENTIAL_FILE",
    commands: ICEBERG,
    description: "OAuth2 client credentials for the REST catalog, CLIENT:SECRET",
    secret: true,
  },
  restOauth2Uri: {
    type: "string",
    group: "lake",
    placeholder: "<url>",
    env: "ICEBERG_REST_OAUTH2_URI",
    commands: ICEBERG,
    description: "OAuth2 token endpoint; defaults to the catalog's own",
  },
  restScope: {
    type: "string",
    group: "lake",
    placeholder: "<scope>",
    env: "ICEBERG_REST_SCOPE",
    commands: ICEBERG,
    description: "OAuth2 scope; defaults to catalog",
  },
  restSigv4: {
    type: "choice",
    group: "lake",
    placeholder: "<service>",
    // execute-api is a catalog behind API Gateway.
    choices: ["glue", "s3tables", "execute-api"],
    env: "ICEBERG_REST_SIGV4",
    commands: ICEBERG,
    description: "Sign requests to the REST catalog for this AWS service, with AWS credentials",
  },
  relocate: {
    type: "boolean",
    group: "action",
    flag: "--relocate",
    default: false,
    commands: ["setup-catalog"],
    description:
      "With --table-format iceberg: rewrite the metadata of a moved table for its new location",
  },
  migrate: {
    type: "boolean",
    group: "action",
    flag: "--migrate",
    default: false,
    commands: ["setup-catalog"],
    description:
      "With --table-format iceberg: adopt the Hive table's objects without rewriting them, while no consume runs",
  },
  olderThan: {
    type: "duration",
    group: "action",
    placeholder: "<time>",
    flag: "--older-than",
    default: 86_400_000,
    commands: ["maintain"],
    description: "Keep metadata files that are newer than this: a commit may be in progress",
  },
  merge: {
    type: "boolean",
    group: "action",
    flag: "--merge",
    default: false,
    commands: ["maintain"],
    description:
      "Merge small objects of past days; in Hive folders readers may briefly see rows twice",
  },
  targetSize: {
    type: "size",
    group: "action",
    flag: "--target-size",
    default: 64 * 2 ** 20,
    commands: ["maintain"],
    description: "Size up to which small objects are merged into one",
  },
  commitInterval: {
    type: "duration",
    group: "flush",
    placeholder: "<time>",
    flag: "--commit-interval",
    env: "TICKLAKE_COMMIT_INTERVAL",
    default: 60_000,
    commands: ["consume"],
    description: "Maximum time until a message is in a snapshot of the Iceberg table",
  },
  flushRows: {
    type: "integer",
    group: "flush",
    placeholder: "<rows>",
    flag: "--flush-rows",
    env: "TICKLAKE_FLUSH_ROWS",
    default: 50_000,
    min: 1,
    commands: ["consume", "repair"],
    description: "Write a partition's rows when there are this many",
  },
  flushBytes: {
    type: "size",
    group: "flush",
    flag: "--flush-bytes",
    env: "TICKLAKE_FLUSH_BYTES",
    default: 64 * 2 ** 20,
    commands: ["consume", "repair"],
    description: "Write a partition's rows when their messages are this large",
  },
  flushInterval: {
    type: "duration",
    group: "flush",
    flag: "--flush-interval",
    env: "TICKLAKE_FLUSH_INTERVAL",
    default: 60_000,
    commands: ["consume"],
    description: "Write a partition's rows when the oldest has waited this long",
  },
  from: {
    type: "choice",
    group: "kafka",
    choices: ["earliest", "latest"],
    flag: "--from",
    env: "TICKLAKE_FROM",
    default: "earliest",
    commands: ["consume"],
    description: "Where a topic that is new to the table starts",
  },
  untilEnd: {
    type: "boolean",
    group: "kafka",
    flag: "--until-end",
    default: false,
    commands: ["consume"],
    description: "Stop once everything that was in the topic at the start is written",
  },
  takeOver: {
    type: "boolean",
    group: "kafka",
    flag: "--take-over",
    default: false,
    commands: ["consume"],
    description: "Make this group the table's writer for this topic, in place of the previous one",
  },
  maxMemory: {
    type: "size",
    group: "flush",
    flag: "--max-memory",
    env: "TICKLAKE_MAX_MEMORY",
    default: 256 * 2 ** 20,
    commands: ["consume", "repair"],
    description:
      "Memory limit for unwritten data and its buffers, where reading pauses; the process takes up to 225 MiB more",
  },

  watch: {
    type: "boolean",
    group: "output",
    flag: "--watch",
    default: false,
    commands: ["consume"],
    description:
      "Show rows as they are read: a live table on a terminal, otherwise one line per row",
  },

  // dashboard
  listen: {
    type: "string",
    group: "dashboard",
    placeholder: "<host:port>",
    flag: "--listen",
    env: "TICKLAKE_LISTEN",
    default: "127.0.0.1:8321",
    commands: ["dashboard", "demo"],
    description: "Address of the dashboard, HOST:PORT; access from other hosts needs a token",
  },
  dashboardToken: {
    type: "string",
    group: "dashboard",
    placeholder: "<token>",
    env: "TICKLAKE_DASHBOARD_TOKEN",
    fileEnv: "TICKLAKE_DASHBOARD_TOKEN_FILE",
    commands: ["dashboard", "demo"],
    description: "Access token of the dashboard, at least 16 characters",
    secret: true,
  },
  dashboard: {
    type: "boolean",
    group: "dashboard",
    flag: "--dashboard",
    default: false,
    commands: ["demo"],
    description: "Keep sending rows, and serve the dashboard",
  },

  // Operations
  metrics: {
    type: "string",
    group: "monitoring",
    placeholder: "<host:port>",
    flag: "--metrics",
    env: "TICKLAKE_METRICS",
    commands: ["produce", "consume"],
    description: "Serve /metrics, /healthz and /readyz at HOST:PORT, :PORT or PORT",
  },
  httpHosts: {
    type: "string",
    group: "monitoring",
    placeholder: "<names>",
    env: "TICKLAKE_HTTP_HOSTS",
    commands: ["produce", "consume"],
    description:
      "Additional host names under which --metrics may be requested, separated by commas",
  },
  alertWebhook: {
    type: "string",
    group: "monitoring",
    placeholder: "<url>",
    env: "TICKLAKE_ALERT_WEBHOOK",
    fileEnv: "TICKLAKE_ALERT_WEBHOOK_FILE",
    commands: ["produce", "consume", "status"],
    description:
      "URL that receives a JSON POST when lag or rejections exceed a limit, and when they recover",
    secret: true,
  },
  alertLag: {
    type: "integer",
    group: "monitoring",
    placeholder: "<messages>",
    flag: "--alert-lag",
    env: "TICKLAKE_ALERT_LAG",
    default: 100_000,
    commands: ["consume", "status"],
    description: "Alert when more messages than this are waiting to be written",
  },
  alertRejected: {
    type: "integer",
    group: "monitoring",
    placeholder: "<rows>",
    flag: "--alert-rejected",
    env: "TICKLAKE_ALERT_REJECTED",
    default: 0,
    commands: ["produce", "consume"],
    description: "Alert when more rows than this are rejected within five minutes",
  },

  // Catalog and SQL
  database: {
    type: "string",
    group: "catalog",
    placeholder: "<name>",
    flag: "--database",
    env: "TICKLAKE_DATABASE",
    default: "ticklake",
    commands: ICEBERG,
    description: "Glue database of the table, or its namespace in a REST catalog",
  },
  crawler: {
    type: "string",
    group: "catalog",
    placeholder: "<name>",
    flag: "--crawler",
    env: "TICKLAKE_CRAWLER",
    commands: ["setup-catalog", "status"],
    description: "Glue crawler; defaults to ticklake-TABLE",
  },
  role: {
    type: "string",
    group: "catalog",
    placeholder: "<name>",
    flag: "--role",
    env: "TICKLAKE_GLUE_ROLE",
    commands: ["setup-catalog", "doctor"],
    description: "IAM role of the crawler, a name or an ARN",
  },
  createRole: {
    type: "boolean",
    group: "catalog",
    flag: "--create-role",
    default: false,
    commands: ["setup-catalog"],
    description: "Create the crawler's role with a minimal policy; --role names it",
  },
  schedule: {
    type: "string",
    group: "catalog",
    placeholder: "<cron>",
    flag: "--schedule",
    env: "TICKLAKE_SCHEDULE",
    commands: ["setup-catalog"],
    description: "Schedule of the crawler in UTC, such as 'cron(15 6 * * ? *)'; or none",
  },
  projection: {
    type: "boolean",
    group: "catalog",
    flag: "--projection",
    env: "TICKLAKE_PROJECTION",
    default: false,
    commands: ["setup-catalog"],
    description: "Use partition projection, so that the table needs no crawler",
  },
  run: {
    type: "boolean",
    group: "catalog",
    flag: "--run",
    default: false,
    commands: ["setup-catalog"],
    description: "Run the crawler now, so that new partitions can be queried",
  },
  wait: {
    type: "boolean",
    group: "catalog",
    flag: "--wait",
    default: false,
    commands: ["setup-catalog"],
    description: "Wait for the crawler to finish",
  },
  timeout: {
    type: "duration",
    group: "catalog",
    flag: "--timeout",
    env: "TICKLAKE_TIMEOUT",
    default: 1_800_000,
    commands: ["setup-catalog"],
    description: "Maximum time to wait for the crawler",
  },
  printPolicy: {
    type: "boolean",
    group: "action",
    flag: "--print-policy",
    default: false,
    commands: ["setup-catalog"],
    description: "Print the IAM policies of all commands, or of the one named by the argument",
  },
  repairLog: {
    type: "boolean",
    group: "action",
    flag: "--log",
    default: false,
    commands: ["repair"],
    description:
      "Repair the embedded log's file instead: what can be read is kept, the rest becomes a recorded gap",
  },
  deleted: {
    type: "choice",
    group: "action",
    flag: "--deleted",
    choices: ["accept", "restore"],
    commands: ["repair"],
    description:
      "Rows of an Iceberg table that another program has deleted, or may have: record them as deleted, or read them again from the topic",
  },
  dryRun: {
    type: "boolean",
    group: "action",
    flag: "--dry-run",
    default: false,
    commands: ["setup-catalog", "reset", "repair", "maintain", "dead-letters"],
    description: "Print the plan and change nothing",
  },
  delete: {
    type: "boolean",
    group: "action",
    flag: "--delete",
    default: false,
    commands: ["setup-catalog"],
    description: "Delete what setup-catalog created, and nothing else; the lake is kept",
  },
  engine: {
    type: "choice",
    group: "catalog",
    choices: ["athena", "local"],
    flag: "--engine",
    env: "TICKLAKE_ENGINE",
    commands: ["query", "doctor"],
    description: "SQL engine; defaults to Athena for a lake on S3, otherwise to the local engine",
  },
  queryTimeout: {
    type: "duration",
    group: "catalog",
    flag: "--query-timeout",
    env: "TICKLAKE_QUERY_TIMEOUT",
    default: 300_000,
    commands: ["query", "dashboard"],
    description: "Time limit for a statement in the local engine",
  },
  workgroup: {
    type: "string",
    group: "catalog",
    placeholder: "<name>",
    flag: "--workgroup",
    env: "TICKLAKE_WORKGROUP",
    default: "primary",
    commands: ["setup-catalog", "query", "doctor"],
    description: "Athena workgroup",
  },
  athenaOutput: {
    type: "string",
    group: "catalog",
    placeholder: "<s3-url>",
    flag: "--output-location",
    env: "TICKLAKE_ATHENA_OUTPUT",
    commands: ["setup-catalog", "query", "doctor"],
    description: "s3://BUCKET/PATH/ for Athena's results; defaults to the workgroup's",
  },
  sqlFile: {
    type: "string",
    group: "input",
    placeholder: "<file>",
    flag: "--file",
    commands: ["query"],
    description: "File with the SQL, or - for standard input",
  },
  resultFormat: {
    type: "choice",
    group: "output",
    choices: ["table", "csv", "json", "markdown", "parquet"],
    placeholder: "<format>",
    flag: "--format",
    commands: ["query"],
    description:
      "Format of the result; parquet needs --output; defaults to a table, or JSON with --json",
  },
  resultFile: {
    type: "string",
    group: "output",
    placeholder: "<file>",
    flag: "--output",
    short: "-o",
    commands: ["query"],
    description: "File for the result, instead of standard output",
  },
  wide: {
    type: "boolean",
    group: "output",
    flag: "--wide",
    default: false,
    commands: ["query"],
    description: "Show all columns of a table, even if they do not fit the terminal",
  },
  example: {
    type: "boolean",
    group: "input",
    flag: "--example",
    default: false,
    commands: ["query"],
    description: "List example queries, or run the one named by the argument",
  },

  // verify
  deep: {
    type: "boolean",
    group: "action",
    flag: "--deep",
    default: false,
    commands: ["verify"],
    description: "Read every row, not just the objects' names",
  },
  since: {
    type: "string",
    group: "action",
    placeholder: "<day>",
    flag: "--since",
    commands: ["verify"],
    description: "Verify only what came since this day or time, such as 2026-11-24",
  },
  tableOfOthers: {
    type: "boolean",
    group: "action",
    flag: "--table-of-others",
    default: false,
    commands: ["verify"],
    description:
      "Check a lake that another sink wrote: all Parquet and JSON-lines objects below the prefix, or an Iceberg table",
  },
  otherTable: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--table",
    commands: ["verify"],
    description: "With --table-of-others: the Iceberg table's name; defaults to the schema's table",
  },
  offsetColumn: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--offset-column",
    default: "kafka_offset",
    commands: ["verify"],
    description: "With --table-of-others: the column that holds each row's offset",
  },
  partitionColumn: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--partition-column",
    default: "kafka_partition",
    commands: ["verify"],
    description: "With --table-of-others: the column or Hive folder that holds its partition",
  },
  topicColumn: {
    type: "string",
    group: "input",
    placeholder: "<name>",
    flag: "--topic-column",
    commands: ["verify"],
    description:
      "With --table-of-others: the column that holds its topic; defaults to --topic for all",
  },

  // status
  alert: {
    type: "boolean",
    group: "action",
    flag: "--alert",
    default: false,
    commands: ["status"],
    description:
      "For cron: exit with 4 and post to TICKLAKE_ALERT_WEBHOOK when lag exceeds --alert-lag, the topic is gone, or queries miss days",
  },

  // config
  reference: {
    type: "boolean",
    group: "action",
    flag: "--reference",
    default: false,
    commands: ["config"],
    description: "Print the reference of all settings in Markdown instead of the values in force",
  },
});

type Settings_ = typeof SETTINGS;
/** Key of a setting in the program. */
export type SettingKey = keyof Settings_;

type ValueOf<S> = S extends { choices: readonly (infer C)[] } ? C
  : S extends { type: infer T extends ValueType } ? ValueTypes[T]
  : never;

/** The settings in force, by key. One without a value and a default is `undefined`. */
export type Settings = {
  readonly [K in SettingKey]:
    | ValueOf<Settings_[K]>
    | (Settings_[K] extends { default: unknown } ? never : undefined);
};

/** Whether a subcommand takes a setting; `config` shows, and so takes, all. */
export function takes(command: CommandName, key: SettingKey): boolean {
  const { commands } = SETTINGS[key] as Setting;
  if (command === "config") return true;
  return commands === "all" || commands.includes(command);
}

/** All settings with their keys, in the order of the reference. */
export const ALL_SETTINGS = Object.entries(SETTINGS) as ReadonlyArray<
  readonly [SettingKey, Setting]
>;
