import { AthenaClient, GetWorkGroupCommand } from "@aws-sdk/client-athena";
import { GlueClient, type Table } from "@aws-sdk/client-glue";
import { isNamed, openApi } from "../../aws/api.ts";
import { NotTheService } from "../../aws/api_failure.ts";
import { lakeRoot } from "../../aws/lake_root.ts";
import { lakeOutOfReach } from "../../catalog/lake_in_reach.ts";
import { findDatabase } from "../../catalog/glue/database.ts";
import { findTable } from "../../catalog/glue/table.ts";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { failed, type Finding, ok, skipped, warning } from "./finding.ts";
import { resultsFinding } from "./results_finding.ts";

const SET_UP = "`ticklake setup-catalog --create-role --run --wait` creates what queries need.";

/** Looks at what Athena needs to answer about the lake: Glue's database and table, the workgroup. */
export async function* catalogFindings(
  settings: Settings,
  bucket: string,
  schema: RowSchema,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const elsewhere = lakeOutOfReach("glue");
  if (elsewhere !== undefined || settings.engine === "local") {
    const why = elsewhere === undefined
      ? "TICKLAKE_ENGINE is local"
      : `the lake is at ${elsewhere}, and Glue and Athena read only buckets on AWS`;
    yield skipped("Glue, Athena", `${why}: \`ticklake query --engine local\` needs neither`);
    return;
  }
  try {
    yield* glueFindings(settings, bucket, schema, signal);
    yield* workgroupFindings(settings, bucket, signal);
  } catch (error) {
    if (!(error instanceof NotTheService)) throw error;
    yield skipped("Glue, Athena", "the endpoint does not support them");
  }
}

async function* glueFindings(
  settings: Settings,
  bucket: string,
  schema: RowSchema,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { database } = settings;
  const glue = openApi((options) => new GlueClient(options), { service: "glue", signal });
  try {
    if (await findDatabase(glue, database) === undefined) {
      yield warning("Glue database", `${database} does not exist`, SET_UP);
      return;
    }
    yield ok("Glue database", `${database} exists`);
    const table = await findTable(glue, database, schema.table);
    const prefix = settings.prefix.replace(/^\/+|\/+$/g, "");
    yield table === undefined
      ? warning("Glue table", `${database} has no table ${schema.table}`, SET_UP)
      : tableFinding(table, lakeRoot({ bucket, prefix }), schema);
  } catch (error) {
    yield refusalFinding("Glue", error, "Grant glue:GetDatabase and glue:GetTable");
  } finally {
    glue.close();
  }
}

/** Whether a table belongs to this lake and has the schema's columns. */
function tableFinding(found: Table, root: string, { table, columns }: RowSchema): Finding {
  const { Location, Columns = [] } = found.StorageDescriptor ?? {};
  const expected = `${root}${table}`;
  if (found.Parameters?.table_type === "ICEBERG") {
    return ok("Glue table", `${table} is an Iceberg table at ${Location}`);
  }
  if (Location?.replace(/\/+$/, "") !== expected) {
    return failed(
      "Glue table",
      `${table} is at ${Location}, but the lake is at ${expected}/`,
      "Check AWS_S3_BUCKET, TICKLAKE_PREFIX and TICKLAKE_DATABASE, or give the lake its own database.",
      "usage",
    );
  }
  const names = new Set(
    [...Columns, ...found.PartitionKeys ?? []].map(({ Name }) => Name),
  );
  const missing = columns.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  return missing.length === 0
    ? ok("Glue table", `${table} is at ${expected}/, with all columns`)
    : warning(
      "Glue table",
      `${table} lacks ${missing.join(", ")} of the schema`,
      "`ticklake setup-catalog` adds new columns.",
    );
}

/** Whether Athena can run queries, and where it writes their results. */
async function* workgroupFindings(
  settings: Settings,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { workgroup, athenaOutput } = settings;
  const athena = openApi((options) => new AthenaClient(options), { service: "athena", signal });
  try {
    const { WorkGroup } = await athena.send(new GetWorkGroupCommand({ WorkGroup: workgroup }));
    if (WorkGroup === undefined) {
      yield noWorkgroup(workgroup);
      return;
    }
    if (WorkGroup.State === "DISABLED") {
      yield failed(
        "Athena workgroup",
        `${workgroup} is disabled`,
        "Enable it in Athena's console, or name another with TICKLAKE_WORKGROUP.",
      );
      return;
    }
    const { ResultConfiguration, EnforceWorkGroupConfiguration, ManagedQueryResultsConfiguration } =
      WorkGroup.Configuration ?? {};
    const own = ResultConfiguration?.OutputLocation;
    if (ManagedQueryResultsConfiguration?.Enabled) {
      yield athenaOutput === undefined
        ? ok("Athena workgroup", `${workgroup} has managed query results`)
        : warning(
          "Athena workgroup",
          `${workgroup} has managed query results, but TICKLAKE_ATHENA_OUTPUT is set`,
          "Unset TICKLAKE_ATHENA_OUTPUT.",
        );
      return;
    }
    const enforced = EnforceWorkGroupConfiguration && own !== undefined;
    if (athenaOutput !== undefined && enforced) {
      yield warning(
        "Athena workgroup",
        `${workgroup} writes results to ${own} and enforces it: TICKLAKE_ATHENA_OUTPUT has no effect`,
        "Unset TICKLAKE_ATHENA_OUTPUT.",
      );
    } else yield ok("Athena workgroup", `${workgroup} exists`);
    const place = enforced ? own : athenaOutput ?? own;
    if (place === undefined) {
      yield ok("Athena results", `${workgroup} has no result location: they go next to the lake`);
    } else if (place.startsWith(`s3://${bucket}/`)) yield ok("Athena results", `go to ${place}`);
    else yield await resultsFinding(settings, place, signal);
  } catch (error) {
    yield isNamed(error, "InvalidRequestException") && /not found/i.test(messageOf(error))
      ? noWorkgroup(workgroup)
      : refusalFinding("Athena workgroup", error, "Grant athena:GetWorkGroup");
  } finally {
    athena.close();
  }
}

function noWorkgroup(workgroup: string): Finding {
  return failed(
    "Athena workgroup",
    `${workgroup} does not exist in this region`,
    "Name an Athena workgroup of this region with TICKLAKE_WORKGROUP, or create it.",
    "usage",
  );
}

/** A missing permission to look is only a warning: not all commands need it. */
function refusalFinding(check: string, error: unknown, fix: string): Finding {
  if (!(error instanceof Failure) || error instanceof NotTheService) throw error;
  return warning(check, error.message, error.fix ?? `${fix}.`);
}
