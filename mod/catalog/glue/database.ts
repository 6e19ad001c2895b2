import {
  CreateDatabaseCommand,
  type Database,
  DeleteDatabaseCommand,
  GetDatabaseCommand,
} from "@aws-sdk/client-glue";
import { isNamed } from "../../aws/api.ts";
import { Failure } from "../../failure/failure.ts";
import type { Part } from "../setup_report.ts";
import { databaseTables } from "./table.ts";
import { type GlueApi, MARK } from "./glue_target.ts";

/** The database, `undefined` if there is none. */
export async function findDatabase(glue: GlueApi, name: string): Promise<Database | undefined> {
  try {
    return (await glue.send(new GetDatabaseCommand({ Name: name }))).Database;
  } catch (error) {
    if (isNamed(error, "EntityNotFoundException")) return undefined;
    throw error;
  }
}

/**
 * Refuses a name that Glue would take and change, or that Athena could not name afterwards.
 * @throws {Failure} kind `usage`
 */
export function requireDatabaseName(name: string): void {
  if (/^[a-z0-9_-]{1,255}$/.test(name)) return;
  throw new Failure(
    "usage",
    `--database: expected a name of a-z, 0-9 and _, found ${JSON.stringify(name)}`,
    { fix: "Choose another with --database (TICKLAKE_DATABASE), such as ticklake." },
  );
}

/** Creates the database unless it exists; one that others made is used as it is. */
export async function ensureDatabase(
  glue: GlueApi,
  name: string,
  { apply }: { apply: boolean },
): Promise<Part> {
  const found = await findDatabase(glue, name);
  if (found !== undefined) return { part: "database", name, state: "unchanged" };
  if (apply) {
    try {
      await glue.send(
        new CreateDatabaseCommand({ DatabaseInput: { Name: name, Description: MARK } }),
      );
    } catch (error) {
      // Another set-up was faster.
      if (!isNamed(error, "AlreadyExistsException")) throw error;
      return { part: "database", name, state: "unchanged" };
    }
  }
  return { part: "database", name, state: "created" };
}

/**
 * Deletes the database, where we made it and no table of others is in it: Glue would delete those
 * too.
 * @param gone tables that are, or would be, deleted before
 */
export async function deleteDatabase(
  glue: GlueApi,
  name: string,
  { apply, gone }: { apply: boolean; gone: readonly string[] },
): Promise<Part> {
  const found = await findDatabase(glue, name);
  if (found === undefined) return { part: "database", name, state: "absent" };
  if (found.Description !== MARK) {
    return { part: "database", name, state: "kept", changes: ["not created by ticklake"] };
  }
  const others = (await databaseTables(glue, name)).filter((table) => !gone.includes(table.Name!));
  if (others.length > 0) {
    const names = others.map((table) => table.Name).join(", ");
    return { part: "database", name, state: "kept", changes: [`has other tables: ${names}`] };
  }
  if (apply) await glue.send(new DeleteDatabaseCommand({ Name: name }));
  return { part: "database", name, state: "deleted" };
}
