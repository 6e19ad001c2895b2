import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  PutRolePolicyCommand,
  type Role,
} from "@aws-sdk/client-iam";
import { type Api, isNamed } from "../../aws/api.ts";
import { Failure } from "../../failure/failure.ts";
import type { Part } from "../setup_report.ts";
import { crawlerPolicy, crawlerTrust, type PolicySubject } from "../../aws/policies.ts";
import { sameJson } from "./same_json.ts";
import { MARK } from "./glue_target.ts";

/** IAM, as the set-up talks to it. */
export type IamApi = Api<IAMClient>;

/** Name of the role's only policy. */
const POLICY_NAME = "ticklake-lake";

/**
 * Creates the crawler's role with the least policy that works, or brings the policy of one that we
 * made to it. A role that others made stays as it is.
 */
export async function ensureRole(
  iam: IamApi,
  subject: PolicySubject,
  options: { apply: boolean },
): Promise<Part> {
  const { apply } = options;
  const name = requireName(subject.role);
  const found = await findRole(iam, name);
  if (found === undefined) {
    try {
      if (apply) await create(iam, name, subject);
    } catch (error) {
      // Another set-up was faster.
      if (isNamed(error, "EntityAlreadyExistsException")) return ensureRole(iam, subject, options);
      throw error;
    }
    const changes = [
      "trusts: glue.amazonaws.com",
      `policy ${POLICY_NAME}: as --print-policy 'crawler role' prints it`,
    ];
    return { part: "role", name, state: "created", changes };
  }
  if (found.Description !== MARK) {
    return {
      part: "role",
      name,
      state: "kept",
      changes: ["not created by ticklake: left as it is"],
    };
  }
  const wanted = crawlerPolicy({ ...subject, account: accountOf(found) });
  if (sameJson(await readPolicy(iam, name), wanted)) {
    return { part: "role", name, state: "unchanged" };
  }
  if (apply) await putPolicy(iam, name, wanted);
  return { part: "role", name, state: "updated", changes: [`policy ${POLICY_NAME}: changed`] };
}

/** Deletes the role, where we made it. */
export async function deleteRole(
  iam: IamApi,
  role: string,
  { apply }: { apply: boolean },
): Promise<Part> {
  const name = role.slice(role.lastIndexOf("/") + 1);
  const found = await findRole(iam, name);
  if (found === undefined) return { part: "role", name, state: "absent" };
  if (found.Description !== MARK) {
    return { part: "role", name, state: "kept", changes: ["not created by ticklake"] };
  }
  if (apply) {
    try {
      await iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME }));
    } catch (error) {
      if (!isNamed(error, "NoSuchEntityException")) throw error;
    }
    try {
      await iam.send(new DeleteRoleCommand({ RoleName: name }));
    } catch (error) {
      if (!isNamed(error, "DeleteConflictException", "DeleteConflict")) throw error;
      const changes = [`its policy ${POLICY_NAME} is deleted; it has other policies too`];
      return { part: "role", name, state: "kept", changes };
    }
  }
  return { part: "role", name, state: "deleted" };
}

async function create(iam: IamApi, name: string, subject: PolicySubject): Promise<void> {
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      Description: MARK,
      AssumeRolePolicyDocument: JSON.stringify(crawlerTrust()),
    }),
  );
  await putPolicy(iam, name, crawlerPolicy({ ...subject, account: accountOf(Role!) }));
}

async function putPolicy(iam: IamApi, role: string, document: unknown): Promise<void> {
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: role,
      PolicyName: POLICY_NAME,
      PolicyDocument: JSON.stringify(document),
    }),
  );
}

async function findRole(iam: IamApi, name: string): Promise<Role | undefined> {
  try {
    return (await iam.send(new GetRoleCommand({ RoleName: name }))).Role;
  } catch (error) {
    if (isNamed(error, "NoSuchEntityException", "NoSuchEntity")) return undefined;
    throw error;
  }
}

async function readPolicy(iam: IamApi, role: string): Promise<unknown> {
  try {
    const { PolicyDocument } = await iam.send(
      new GetRolePolicyCommand({ RoleName: role, PolicyName: POLICY_NAME }),
    );
    return JSON.parse(decodeURIComponent(PolicyDocument!));
  } catch (error) {
    if (isNamed(error, "NoSuchEntityException", "NoSuchEntity")) return undefined;
    throw error;
  }
}

/** Number of the account that a role is in. */
function accountOf({ Arn }: Role): string {
  return Arn!.split(":")[4];
}

function requireName(role: string): string {
  if (/^[\w+=,.@-]{1,64}$/.test(role)) return role;
  throw new Failure("usage", `--create-role: ${JSON.stringify(role)} cannot be a new role's name`, {
    fix: "Give a name of letters, digits and +=,.@_- with --role, not an ARN.",
  });
}
