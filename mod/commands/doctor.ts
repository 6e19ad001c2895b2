import { countText } from "../terminal/amount_text.ts";
import type { CommandContext } from "../cli/command.ts";
import type { Output } from "../terminal/output.ts";
import { EXIT_CODES, Failure } from "../failure/failure.ts";
import { ownEntry } from "../files/own_entry.ts";
import { failed, failedBy, type Finding, ok, skipped, warning } from "../ops/doctor/finding.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Settings } from "../config/settings.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";
import { icebergTableFindings } from "./doctor_iceberg.ts";
import { logEndFindings } from "./doctor_log_end.ts";
import { catalogKind } from "./open_iceberg.ts";
import { localCatalogPath } from "./local_catalog_path.ts";
import { openLake } from "./open_lake.ts";

/** `doctor`: checks each setting and service, one line each, with a fix. */
export async function run(context: CommandContext): Promise<number> {
  const { output } = context;
  const findings: Finding[] = [];
  for await (const finding of allFindings(context)) {
    output.progress("");
    findings.push(finding);
    print(finding, output);
    output.progress("looking on…");
  }
  output.progress("");
  const failures = findings.filter(({ status }) => status === "failed");
  const exitCode = failures.length === 0
    ? 0
    : failures.some(({ kind }) => kind === "usage")
    ? EXIT_CODES.usage
    : EXIT_CODES.service;
  output.document({ findings: findings.map(({ kind: _, ...finding }) => finding), exitCode });
  const warnings = findings.filter(({ status }) => status === "warning").length;
  output.line(
    `${findings.length} checks, ${failures.length} failed, ${warnings} with a warning`,
  );
  return exitCode;
}

async function* allFindings(context: CommandContext): AsyncGenerator<Finding> {
  let isSound = true;
  for await (const finding of partFindings(context)) {
    isSound &&= finding.status !== "failed";
    yield finding;
  }
  // A part that is unavailable would only be waited for once more.
  if (isSound) yield* logEndFindings(context.settings, context.signal);
}

async function* partFindings(
  { settings, loaded, signal }: CommandContext,
): AsyncGenerator<Finding> {
  const given = loaded.resolved.filter(({ origin }) => !["default", "unset"].includes(origin));
  const file = loaded.envFile === undefined ? "no .env" : `${loaded.envFile} was read`;
  yield ok("settings", `${given.length} given, ${file}`);
  for (const text of loaded.warnings) yield warning("settings", text);
  let schema: RowSchema | undefined;
  try {
    schema = await loadSchema(settings.schema, signal);
    const { table, columns } = schema;
    yield ok("schema", `table ${table}, ${countText(columns.length, "column")}`);
  } catch (error) {
    yield failedBy("schema", error);
  }

  const embedded = await import("../ops/doctor/embedded_findings.ts");
  const { bootstrapServers, bucket, home } = settings;
  if (bootstrapServers === undefined || bucket === undefined) {
    yield* embedded.directoryFindings(home);
  }
  if (bootstrapServers !== undefined) {
    const { kafkaFindings } = await import("../ops/doctor/kafka_findings.ts");
    const { KafkaDiagnosis } = await import("../broker/kafka/diagnosis.ts");
    yield* kafkaFindings(settings, () => KafkaDiagnosis.of(settings, signal), signal);
  } else {
    const { REPAIR_LOG } = await import("../broker/embedded/sqlite_failure.ts");
    const { journalPath } = await import("../broker/embedded/log_lock.ts");
    yield ok("broker", "the embedded log, as KAFKA_BOOTSTRAP_SERVERS is not set");
    const log = `${home}/log.sqlite`;
    if (ownEntry(journalPath(log)) !== undefined) {
      yield failed(
        "embedded log",
        `a repair of ${log} was interrupted`,
        "Run `ticklake repair --log` to complete it.",
      );
    } else yield embedded.databaseFinding("embedded log", log, REPAIR_LOG);
  }
  if (settings.messageFormat !== "json") {
    const { messageFindings } = await import("../ops/doctor/message_findings.ts");
    yield* messageFindings(settings, schema, signal);
  }
  const isIceberg = settings.tableFormat === "iceberg";
  if (bucket !== undefined) {
    const { s3Findings } = await import("../ops/doctor/s3_findings.ts");
    let reached = true;
    for await (const finding of s3Findings(settings, bucket, () => openLake(settings), signal)) {
      reached &&= finding.status !== "failed";
      yield finding;
    }
    if (reached && schema !== undefined) yield* tableFindings(settings, schema, signal);
    // A table in another catalog is not in Glue.
    const isInGlue = !isIceberg || catalogKind(settings) === "glue";
    if (reached && schema !== undefined && isInGlue) {
      const { catalogFindings } = await import("../ops/doctor/catalog_findings.ts");
      yield* catalogFindings(settings, bucket, schema, signal);
    }
  } else {
    yield embedded.lakeFinding(home, schema?.table);
    if (schema !== undefined) yield* tableFindings(settings, schema, signal);
    yield embedded.databaseFinding(
      "local catalog",
      await localCatalogPath(settings),
      "Remove it: it is rebuilt from the lake (`ticklake setup-catalog`).",
    );
  }
}

async function* tableFindings(
  settings: Settings,
  schema: RowSchema,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  if (settings.tableFormat === "iceberg") {
    yield* icebergTableFindings(settings, schema, signal);
    return;
  }
  try {
    const store = await openLake(settings);
    try {
      await requireHiveTable(store, schema.table, { signal });
    } finally {
      store.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    // The least policies let no more than the lake's own prefix be listed.
    const isRefused = error instanceof Failure && error.kind === "service";
    yield isRefused
      ? skipped("table", `not looked at: ${error.message}`)
      : failedBy("table", error);
  }
}

const COLOURS = { ok: "32", warning: "33", failed: "31", skipped: "2" };
const STATUS_WIDTH = 9;
const CHECK_WIDTH = 21;

function print({ status, check, detail, fix }: Finding, output: Output): void {
  const word = status === "failed" ? "FAILED" : status;
  const coloured = output.colour ? `\x1b[${COLOURS[status]}m${word}\x1b[0m` : word;
  const padding = " ".repeat(STATUS_WIDTH - word.length);
  output.line(`${coloured}${padding}${check.padEnd(CHECK_WIDTH)}${detail}`);
  if (fix !== undefined) output.line(`${" ".repeat(STATUS_WIDTH)}fix: ${fix}`);
}
