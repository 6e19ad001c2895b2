import {
  commandPolicies,
  glue,
  policy,
  type PolicyDocument,
  type PolicySubject,
  readObjects,
  type Statement,
} from "./policies.ts";

/** Commands that change what is in a table. */
const CHANGING = ["reset", "repair", "dead-letters replay", "maintain"] as const;

/**
 * What each command may have to do with an Iceberg table, and no more; by the command's name. All of the
 * table's files lie in the lake: data, metadata, dead letters and the records beside them.
 * @param isGlue whether Glue is its catalog; a REST catalog has rights of its own
 */
export function icebergPolicies(
  subject: PolicySubject,
  isGlue: boolean,
): Record<string, PolicyDocument> {
  const table = (...actions: string[]): Statement[] =>
    isGlue ? [glue(subject, "Table", actions.map((action) => `glue:${action}`))] : [];
  const known = commandPolicies(subject);
  const read = known.verify.Statement;
  const write = known.consume.Statement;
  const doctor = known.doctor.Statement.filter(({ Sid }) => Sid !== "CrawlerRole");
  return {
    // It makes the table, and Glue's database, where they are not there.
    consume: policy(...write, ...table("GetTable", "UpdateTable", "CreateTable", "CreateDatabase")),
    verify: policy(...read, ...table("GetTable")),
    "setup-catalog": policy(
      ...write,
      ...table("GetTable", "UpdateTable", "CreateTable", "CreateDatabase"),
    ),
    "setup-catalog --delete": policy(
      ...(isGlue ? read : write),
      ...table("GetTable", "DeleteTable"),
    ),
    query: known.query,
    status: policy(...read, ...table("GetTable")),
    dashboard: policy(...read, ...table("GetTable")),
    doctor: policy(...doctor, readObjects(subject)),
    ...Object.fromEntries(
      CHANGING.map((name) => [name, policy(...write, ...table("GetTable", "UpdateTable"))]),
    ),
  };
}
