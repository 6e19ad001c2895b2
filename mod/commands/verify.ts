import type { CommandContext } from "../cli/command.ts";
import { EXIT_CODES, Failure } from "../failure/failure.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";
import { countText, numberText, offsetsText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { countOffsets } from "../verify/offset_range.ts";
import { isProved, type PartitionVerdict, type TableVerdict, verify } from "../verify/verify.ts";
import { indexColumn } from "../verify/row_index.ts";
import { checkIceberg } from "./check_iceberg.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openLake } from "./open_lake.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";
import { parseReadPosition } from "./read_position.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** Ranges that are named one by one; the others are counted. */
const RANGES_SHOWN = 10;

/** Kinds of findings, with what they mean. */
const FINDINGS = {
  missing: "not in the lake",
  unwritten:
    "committed by the group, but not in the table, which ends before it: an older table was " +
    "restored, or this one was made anew",
  lost: "committed by the group, but neither in the table nor in the topic any more",
  duplicate: "in the lake more than once",
  beyond: "in the lake, but not committed",
  foreign: "in the lake, but not in the log: the topic was recreated, or has lost messages",
  ahead:
    "committed by the group, but not in the log: another program has set the offset, or the broker has lost " +
    "messages",
  unrecorded:
    "in the topic, but before the lake's first offset, and nothing records that they were to be skipped",
  unclaimed: "written by release 0.1.0 into a table that a later release had begun",
} as const;

/** `verify`: whether every committed offset is in the lake exactly once. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  if (settings.tableOfOthers) return await (await import("./verify_others.ts")).run(context);
  const { topic, group, deep } = settings;
  const schema = await loadSchema(settings.schema, signal);
  const { table } = schema;
  const store = await openLake(settings);
  try {
    if (settings.tableFormat === "hive") await requireHiveTable(store, table, { signal });
    const broker = await openExistingBroker(settings, { signal });
    try {
      const own = settings.tableFormat === "iceberg" ? "the table's own positions and " : "";
      output.note(
        `comparing ${store.description} with ${own}what group ${group} has committed of topic ` +
          `${topic} on ${broker.description}, by ${
            deep ? "reading every row" : "the objects' names"
          }`,
      );
      const leaderless: number[] = [];
      const progress = new Progress(output, "read", "object");
      const options = {
        broker,
        store,
        topic,
        group,
        table,
        indexColumn: indexColumn(schema),
        deep,
        since: await sinceOffsets(context),
        signal,
        leaderless: (partitions: number[]) => leaderless.push(...partitions),
        onProgress: (done: number, all: number) => progress.update(done, all),
      };
      const verdict = settings.tableFormat === "hive"
        ? await verify(options)
        : await checkIceberg(options, settings, schema);
      output.progress("");
      const code = report(verdict, context);
      if (leaderless.length === 0) return code;
      output.note(
        `error: partition ${leaderless.join(", ")} has no leader and was not compared`,
        "Start the brokers that host it, then run this again.",
      );
      return code === 0 ? EXIT_CODES.service : code;
    } finally {
      output.progress("");
      await broker.close();
    }
  } catch (error) {
    throw stoppedFailure(error, context, "nothing was verified");
  } finally {
    store.close();
  }
}

/** The offsets from which on `--since` wants it verified. */
async function sinceOffsets(
  { settings, signal }: CommandContext,
): Promise<ReadonlyMap<number, number> | undefined> {
  const { since, topic } = settings;
  if (since === undefined) return undefined;
  const position = parseReadPosition(since, "--since");
  if (position.kind !== "time") {
    throw new Failure(
      "usage",
      `--since: expected a day or a time, found ${JSON.stringify(since)}`,
    );
  }
  const inspector = await openTopicInspector(settings, { signal });
  try {
    return await inspector.offsetsAt(topic, position.timeMs, signal);
  } finally {
    await inspector.close();
  }
}

function report(verdict: TableVerdict, context: CommandContext): number {
  const { output } = context;
  const { partitions: verdicts, forms, types, superseded } = verdict;
  const total = (of: (verdict: PartitionVerdict) => number) =>
    verdicts.reduce((sum, verdict) => sum + of(verdict), 0);
  const sums = {
    expected: total(({ expected }) => expected),
    found: total(({ found }) => found),
    missing: total(({ missing, unwritten, lost }) =>
      countOffsets([...missing, ...unwritten, ...lost])
    ),
    unwritten: total(({ unwritten }) => countOffsets(unwritten)),
    lost: total(({ lost }) => countOffsets(lost)),
    duplicate: total(({ duplicate }) => countOffsets(duplicate)),
    beyond: total(({ beyond }) => countOffsets(beyond)),
    before: total(({ before }) => countOffsets(before)),
    unrecorded: total(({ unrecorded }) => countOffsets(unrecorded)),
    foreign: total(({ foreign }) => countOffsets(foreign)),
    ahead: total(({ ahead }) => countOffsets(ahead)),
    gaps: total(({ gaps }) => countOffsets(gaps)),
    unproven: total(({ unproven }) => countOffsets(unproven)),
    deleted: total(({ deleted }) => countOffsets(deleted)),
    unreadable: total(({ unreadable }) => unreadable.length),
    objects: total(({ objects }) => objects),
  };
  const ok = isProved(verdict);
  const former = new Set(
    verdicts.flatMap(({ isCurrent, log, unclaimed }) =>
      isCurrent || unclaimed !== undefined ? [] : [log]
    ),
  ).size;
  output.document({
    ok,
    ...sums,
    superseded: superseded.length,
    forms,
    types,
    partitions: verdicts,
  });
  output.line(
    `${ok ? "ok" : "NOT OK"}: ${countText(sums.expected, "offset")} expected, ` +
      `${numberText(sums.found)} found, ${numberText(sums.missing)} missing, ` +
      `${numberText(sums.duplicate)} duplicate, in ${countText(sums.objects, "object")}`,
  );
  if (sums.gaps > 0) {
    output.note(
      `${
        countText(sums.gaps, "offset")
      } in recorded gaps: removed by retention before they were read, ` +
        "skipped, unreadable, or lost",
    );
    for (const text of rangesOf(verdicts, "gaps")) output.note(text);
  }
  if (sums.deleted > 0) {
    output.note(
      `${countText(sums.deleted, "offset")} whose rows another program has deleted from the table`,
    );
    for (const text of rangesOf(verdicts, "deleted")) output.note(text);
  }
  if (sums.unproven > 0) {
    output.note(
      `warning: ${countText(sums.unproven, "offset")} without a row; the topic no longer shows ` +
        "whether there was a message",
    );
  }
  if (sums.before > 0) {
    output.note(
      `${
        countText(sums.before, "offset")
      } of the topic before where the table begins: it was begun with --from latest, or by a reset`,
    );
    for (const text of rangesOf(verdicts, "before")) output.note(text);
  }
  if (former > 0) {
    output.note(
      `${
        countText(former, "former log")
      } of this topic's name among them: the topic was recreated, ` +
        "or is in another cluster",
    );
  }
  if (superseded.length > 0) {
    output.note(
      `${ok ? "warning" : "error"}: merged, but not yet removed: ${
        countText(superseded.length, "object")
      }; engines count these rows twice`,
      "`ticklake maintain` completes the merge.",
    );
  }
  if (ok) return 0;
  if (forms.length > 0) {
    output.note(`error: the table has objects of several formats: ${forms.join("; ")}`);
  }
  if (types.length > 0) {
    output.note(`error: columns have several types, and no engine reads both: ${types.join("; ")}`);
  }
  for (const text of findings(verdicts)) output.note(text);
  for (const text of cures(verdict, context)) output.note(text);
  return EXIT_CODES.rejected;
}

/** What fixes it, a line for each kind. */
function cures(
  { partitions: verdicts, forms, types }: TableVerdict,
  { settings }: CommandContext,
): string[] {
  const has = (kind: keyof typeof FINDINGS | "unreadable") =>
    verdicts.some((verdict) => (verdict[kind] ?? []).length > 0);
  const lines: string[] = [];
  if (verdicts.some(({ mayBeDeleted }) => mayBeDeleted)) {
    lines.push(
      "  Another program has deleted rows of the table, in snapshots that have expired: which of the missing " +
        "rows it has deleted, and which are lost, is not known.",
      "  fix: `ticklake repair --deleted accept` records all of them as deleted on purpose; " +
        "`--deleted restore` reads all of them again from the topic.",
    );
  } else if (has("missing") || has("duplicate") || has("unreadable")) {
    lines.push(
      "  fix: stop every consume of the group, then `ticklake repair`; --dry-run shows what it would do.",
    );
  }
  if (has("lost")) {
    lines.push(
      "  fix: bring back the copy or snapshot of the table that has what the topic no longer has, before the next " +
        "`ticklake consume`, which continues without it.",
    );
  }
  if (has("unwritten")) {
    lines.push(
      "  fix: the next `ticklake consume` writes what the topic has, as it begins where the table ends.",
    );
  }
  if (has("beyond")) {
    lines.push(
      settings.tableFormat === "hive"
        ? "  fix: `ticklake repair` removes uncommitted objects."
        : "  fix: `ticklake repair` removes rows beyond the table's positions.",
    );
  }
  if (has("foreign")) {
    lines.push(
      "  fix: keep the rows; they are all that is left of those messages. Send new messages to a " +
        "topic of another name.",
    );
  }
  if (has("ahead")) {
    lines.push(
      "  fix: `ticklake reset --to lake` sets the group to where the table ends. If the broker has lost messages " +
        "(an unclean leader election, or a restored disk), bring them back first.",
    );
  }
  if (has("unrecorded")) {
    lines.push(
      "  ticklake 0.1.0 wrote this table and kept no record of where it was to begin: what --from latest or a " +
        "reset left out on purpose looks the same as what it skipped by mistake (partitions added to the topic " +
        "under --from latest, and messages before an unreadable batch).",
      "  fix: if they were to be left out, `ticklake consume` records them as a gap. If not, " +
        "`ticklake reset --to earliest --rewrite`, then `ticklake consume`, reads them and writes the table again.",
    );
  }
  if (has("unclaimed")) {
    lines.push(
      "  Release 0.1.0 does not know the positions that later releases record: what it wrote, a later release " +
        "writes again, and queries count it twice. The objects are those whose names end with the offsets, " +
        "without a log's key.",
      "  fix: stop every process of 0.1.0 (hosts, cron, containers), run `ticklake consume --until-end`, then " +
        'see docs/operating.md, "Never run an older release".',
    );
  }
  if (forms.length > 0 || types.length > 0) {
    lines.push(
      "  fix: give the schema another table name, and read the topic again with one format and one type " +
        "per column.",
    );
  }
  return lines;
}

/** The first ranges of what is no error, one line each. */
function rangesOf(
  verdicts: readonly PartitionVerdict[],
  kind: "before" | "gaps" | "deleted",
): string[] {
  const lines = verdicts.flatMap((verdict) =>
    verdict[kind].map((range) => `  partition ${verdict.partition}, ${offsetsText(range)}`)
  );
  return shortened(lines);
}

/** The first ranges of each kind of finding, one line each. */
function findings(verdicts: readonly PartitionVerdict[]): string[] {
  const lines = verdicts.flatMap((verdict) => [
    ...Object.entries(FINDINGS).flatMap(([kind, meaning]) =>
      (verdict[kind as keyof typeof FINDINGS] ?? []).map((range) =>
        `error: partition ${verdict.partition}, ${offsetsText(range)}: ${meaning}`
      )
    ),
    ...verdict.unreadable.map(({ reason, ...range }) =>
      `error: partition ${verdict.partition}, ${offsetsText(range)}: ${reason}`
    ),
  ]);
  return shortened(lines);
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - RANGES_SHOWN;
  return more > 0
    ? [...lines.slice(0, RANGES_SHOWN), `and ${countText(more, "more range")}`]
    : [...lines];
}
