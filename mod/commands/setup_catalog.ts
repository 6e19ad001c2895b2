import type { GlueSetupOptions } from "../catalog/glue/setup.ts";
import type { PolicyDocument, PolicySubject } from "../aws/policies.ts";
import { checkSchedule } from "../catalog/glue/schedule.ts";
import { requireLakeInReach } from "../catalog/lake_in_reach.ts";
import { printSetup, type SetupReport } from "../catalog/setup_report.ts";
import type { CommandContext } from "../cli/command.ts";
import type { Settings } from "../config/settings.ts";
import { EXIT_CODES, Failure } from "../failure/failure.ts";
import { Partitioning } from "../lake/partitioning.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import { crawlerName, lakePrefix } from "./lake_names.ts";
import { stoppedFailure } from "./stopped_failure.ts";
import { localCatalogPath } from "./local_catalog_path.ts";
import { requireHome } from "./require_home.ts";
import { catalogKind } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { setUpIceberg } from "./setup_iceberg.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";

/** The role that `--create-role` makes where `--role` names none. */
const OWN_ROLE = "ticklake-crawler";

/** `setup-catalog`: what queries need to find the lake's table; safe to repeat. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, args, signal } = context;
  const schema = await loadSchema(settings.schema, signal);
  if (settings.printPolicy) return await printPolicies(context, schema);
  if (args.length > 0) {
    throw new Failure("usage", `unexpected argument ${JSON.stringify(args[0])}`);
  }
  const schedule = settings.schedule === undefined ? undefined : checkSchedule(settings.schedule);
  try {
    const report = settings.tableFormat === "iceberg"
      ? await setUpIceberg(context, schema)
      : settings.bucket === undefined
      ? await setUpLocal(context, schema)
      : await setUpAws(context, schema, settings.bucket, schedule);
    output.progress("");
    printSetup(report, output);
    // Rows that no query sees are not set up.
    return report.hidden === undefined ? 0 : EXIT_CODES.rejected;
  } catch (error) {
    throw stoppedFailure(error, context, "the set-up is not complete; run it again to continue");
  } finally {
    output.progress("");
  }
}

async function setUpLocal(context: CommandContext, schema: RowSchema): Promise<SetupReport> {
  const { settings, output, signal } = context;
  const { deleteLocalCatalog, setUpLocalCatalog } = await import("../catalog/local/local_setup.ts");
  if (!settings.dryRun) requireHome(settings);
  const path = await localCatalogPath(settings);
  output.note(`local catalog in ${path}`);
  if (settings.delete) return deleteLocalCatalog({ path, dryRun: settings.dryRun });
  const lake = await openLake(settings);
  try {
    await requireHiveTable(lake, schema.table, { signal });
    return await setUpLocalCatalog({
      path,
      lake,
      schema,
      partitionColumns: new Partitioning(settings.partitionBy, schema).names,
      dryRun: settings.dryRun,
      run: settings.run,
      signal,
      onProgress: output.progress,
    });
  } finally {
    lake.close();
  }
}

async function setUpAws(
  context: CommandContext,
  schema: RowSchema,
  bucket: string,
  schedule: string | undefined,
): Promise<SetupReport> {
  const { settings, output, signal } = context;
  requireLakeInReach("glue");
  const { deleteGlue, setUpGlue } = await import("../catalog/glue/setup.ts");
  const { dryRun, run, wait, timeout, projection } = settings;
  // Only a crawler has a role.
  const createRole = settings.createRole && !projection;
  if (projection && !settings.delete && (run || wait || settings.createRole)) {
    output.note("--projection needs no crawler: --run, --wait and --create-role have no effect");
  }
  const subject = policySubject(settings, schema, bucket);
  const options: GlueSetupOptions = {
    target: {
      bucket,
      prefix: subject.prefix,
      schema,
      format: settings.format,
      partitionColumns: new Partitioning(settings.partitionBy, schema).names,
      database: settings.database,
      crawler: subject.crawler,
      role: createRole ? subject.role : settings.role,
      schedule,
      projection,
    },
    dryRun,
    ownRole: createRole || settings.delete ? subject : undefined,
    timeoutMs: timeout,
    signal,
    onProgress: output.progress,
  };
  output.note(`Glue database ${settings.database} for s3://${bucket}/${subject.prefix}`);
  if (settings.delete) return await deleteGlue(options);
  const lake = await openLake(settings);
  try {
    return await setUpGlue({ ...options, lake, run, wait });
  } finally {
    lake.close();
  }
}

function policySubject(settings: Settings, schema: RowSchema, bucket: string): PolicySubject {
  return {
    bucket,
    prefix: lakePrefix(settings),
    table: schema.table,
    database: settings.database,
    crawler: crawlerName(settings, schema),
    role: settings.role ?? OWN_ROLE,
    workgroup: settings.workgroup,
    athenaOutput: settings.athenaOutput,
    kmsKey: settings.s3SseKmsKeyId,
  };
}

/** Prints policies ready to be pasted: all by name, or one alone. */
async function printPolicies(
  { settings, args: [name], commands, output }: CommandContext,
  schema: RowSchema,
): Promise<number> {
  const { commandPolicies, crawlerPolicy, crawlerTrust } = await import(
    "../aws/policies.ts"
  );
  const { awsRegion } = await import("../aws/environment.ts");
  const bucket = settings.bucket ?? "YOUR-BUCKET";
  const subject = { ...policySubject(settings, schema, bucket), region: awsRegion() };
  const policies: Record<string, PolicyDocument> = settings.tableFormat === "iceberg"
    ? (await import("../aws/iceberg_policies.ts")).icebergPolicies(
      subject,
      catalogKind({ ...settings, bucket }) === "glue",
    )
    : {
      ...commandPolicies(subject),
      "crawler role": crawlerPolicy(subject),
      "crawler role's trust": crawlerTrust(),
    };
  if (name !== undefined && !Object.hasOwn(policies, name)) {
    const names = Object.keys(policies).join(", ");
    const fix = commands.some((command) => command.name === name)
      ? `${name} asks nothing of these services; for MSK's login see docs/ec2.md.`
      : undefined;
    throw new Failure(
      "usage",
      `--print-policy: expected one of ${names}; found ${JSON.stringify(name)}`,
      { fix },
    );
  }
  const document = name === undefined ? policies : policies[name];
  output.raw(JSON.stringify(document, null, output.json ? undefined : 2) + "\n");
  return 0;
}
