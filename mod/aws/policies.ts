import { lakeRoot } from "./lake_root.ts";

/** A statement of a policy. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource?: string[];
  Principal?: Record<string, string>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A policy document of IAM. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

/** What policies are about. */
export interface PolicySubject {
  bucket: string;
  /** Path of the lake in the bucket, without `/` at its ends. */
  prefix: string;
  table: string;
  database: string;
  crawler: string;
  /** Name of the crawler's role. */
  role: string;
  workgroup: string;
  /** Where Athena writes results, `s3://BUCKET/PATH/`; `undefined`: in the lake's own folder. */
  athenaOutput?: string;
  /** Key with which the lake's objects are encrypted: its id, alias or ARN. @default {none of one's own} */
  kmsKey?: string;
  /** @default {any} */
  region?: string;
  /** Number of the AWS account. @default {any} */
  account?: string;
}

/** Folder of Athena's results, below the lake's root, where no other is set. */
export const RESULTS_FOLDER = "athena_results/";

/** What each command may have to do, and no more; by the command's name. */
export function commandPolicies(subject: PolicySubject): Record<string, PolicyDocument> {
  const readLake = [listLake(subject), readObjects(subject), ...decrypt(subject)];
  const encrypt = useKey(subject, ["kms:GenerateDataKey", "kms:Decrypt"]);
  // They read and list what the table says of itself: its logs, and how far it is.
  const change = policy(
    writeObjects(subject),
    readObjects(subject),
    listLake(subject),
    ...encrypt,
  );
  return {
    consume: change,
    reset: change,
    repair: change,
    "dead-letters replay": change,
    maintain: change,
    verify: policy(...readLake),
    "setup-catalog": policy(
      listLake(subject),
      glue(subject, "Catalog", [
        "glue:GetDatabase",
        "glue:CreateDatabase",
        "glue:GetTable",
        "glue:GetTables",
        "glue:CreateTable",
        "glue:UpdateTable",
        "glue:GetPartitions",
      ]),
      crawler(subject, "Crawler", ["GetCrawler", "CreateCrawler", "UpdateCrawler", "StartCrawler"]),
      passRole(subject),
    ),
    "setup-catalog --create-role": policy(
      role(subject, "CrawlerRole", ["GetRole", "CreateRole", "GetRolePolicy", "PutRolePolicy"]),
    ),
    "setup-catalog --delete": policy(
      glue(subject, "Catalog", [
        "glue:GetDatabase",
        "glue:DeleteDatabase",
        "glue:GetTables",
        "glue:DeleteTable",
      ]),
      crawler(subject, "Crawler", ["GetCrawler", "StopCrawler", "DeleteCrawler"]),
      role(subject, "CrawlerRole", ["GetRole", "DeleteRolePolicy", "DeleteRole"]),
    ),
    query: policy(
      ...readLake,
      bucketLocation(subject),
      allow("Athena", [
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StopQueryExecution",
      ], [arn(subject, "athena", `workgroup/${subject.workgroup}`)]),
      glue(subject, "Catalog", [
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
      ]),
      ...results(subject),
    ),
    status: policy(
      ...readLake,
      crawler(subject, "Crawler", ["GetCrawler"]),
      glue(subject, "Table", ["glue:GetTable"]),
    ),
    dashboard: policy(...readLake),
    doctor: policy(
      ...readLake,
      writeObjects(subject),
      ...encrypt,
      role(subject, "CrawlerRole", ["GetRole"]),
      allow("Athena", ["athena:GetWorkGroup"], [
        arn(subject, "athena", `workgroup/${subject.workgroup}`),
      ]),
      glue(subject, "Catalog", ["glue:GetDatabase", "glue:GetTable"]),
    ),
  };
}

/** The policy of the crawler's role. */
export function crawlerPolicy(subject: PolicySubject): PolicyDocument {
  return policy(
    listLake(subject),
    readObjects(subject),
    ...decrypt(subject),
    bucketLocation(subject),
    glue(subject, "Catalog", [
      "glue:GetDatabase",
      "glue:GetTable",
      "glue:GetTables",
      "glue:CreateTable",
      "glue:UpdateTable",
      "glue:GetPartition",
      "glue:GetPartitions",
      "glue:CreatePartition",
      "glue:UpdatePartition",
      "glue:BatchGetPartition",
      "glue:BatchCreatePartition",
    ]),
    allow("Log", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [
      arn(subject, "logs", "log-group:/aws-glue/crawlers*"),
    ]),
  );
}

/** The trust policy of the crawler's role: who may be it. */
export function crawlerTrust(): PolicyDocument {
  return policy({
    Sid: "Glue",
    Effect: "Allow",
    Principal: { Service: "glue.amazonaws.com" },
    Action: ["sts:AssumeRole"],
  });
}

/** A document of some statements. */
export function policy(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

function allow(sid: string, actions: string[], resources: string[]): Statement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resources };
}

/** The names of the lake's objects. */
function listLake(subject: PolicySubject): Statement {
  const { bucket, prefix } = subject;
  const list = allow("ListLake", ["s3:ListBucket"], [bucketArn(subject, bucket)]);
  if (prefix === "") return list;
  return { ...list, Condition: { StringLike: { "s3:prefix": [`${prefix}/*`] } } };
}

/** The lake's objects. */
export function readObjects(subject: PolicySubject): Statement {
  return allow("ReadLake", ["s3:GetObject"], [objectsArn(subject, lakeRoot(subject))]);
}

/** Writing and removing the lake's objects. */
function writeObjects(subject: PolicySubject): Statement {
  return allow("WriteLake", ["s3:PutObject", "s3:DeleteObject"], [
    objectsArn(subject, lakeRoot(subject)),
  ]);
}

/** What reading takes where a key of one's own encrypts the lake. */
function decrypt(subject: PolicySubject): Statement[] {
  return useKey(subject, ["kms:Decrypt"]);
}

/** S3 uses the key in the name of who asks for an object. Nothing for AWS's own key. */
function useKey(subject: PolicySubject, actions: string[]): Statement[] {
  const { kmsKey } = subject;
  if (kmsKey === undefined) return [];
  const alias = /(?:^|:)(alias\/.+)$/.exec(kmsKey)?.[1];
  if (alias === undefined) {
    const key = kmsKey.startsWith("arn:") ? kmsKey : arn(subject, "kms", `key/${kmsKey}`);
    return [allow("Key", actions, [key])];
  }
  // A policy cannot name a key by its alias.
  return [{
    ...allow("Key", actions, [arn(subject, "kms", "key/*")]),
    Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } },
  }];
}

function bucketLocation(subject: PolicySubject): Statement {
  return allow("Bucket", ["s3:GetBucketLocation"], [bucketArn(subject, subject.bucket)]);
}

function results(subject: PolicySubject): Statement[] {
  const output = (subject.athenaOutput ?? lakeRoot(subject) + RESULTS_FOLDER).replace(/\/*$/, "/");
  const [, bucket] = /^s3:\/\/([^/]+)\//.exec(output) ?? ["", subject.bucket];
  return [
    allow("Results", [
      "s3:GetObject",
      "s3:PutObject",
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
    ], [
      objectsArn(subject, output),
    ]),
    allow("ResultsBucket", ["s3:GetBucketLocation"], [bucketArn(subject, bucket)]),
  ];
}

/** Glue checks an action on the catalog, the database and the table. */
export function glue(subject: PolicySubject, sid: string, actions: string[]): Statement {
  const { database } = subject;
  return allow(sid, actions, [
    arn(subject, "glue", "catalog"),
    arn(subject, "glue", `database/${database}`),
    arn(subject, "glue", `table/${database}/*`),
  ]);
}

function crawler(subject: PolicySubject, sid: string, actions: string[]): Statement {
  return allow(sid, actions.map((action) => `glue:${action}`), [
    arn(subject, "glue", `crawler/${subject.crawler}`),
  ]);
}

function role(subject: PolicySubject, sid: string, actions: string[]): Statement {
  return allow(sid, actions.map((action) => `iam:${action}`), [roleArn(subject)]);
}

function passRole(subject: PolicySubject): Statement {
  return {
    ...role(subject, "PassRole", ["PassRole"]),
    Condition: { StringEquals: { "iam:PassedToService": "glue.amazonaws.com" } },
  };
}

function arn(subject: PolicySubject, service: string, resource: string): string {
  const { region = "*", account = "*" } = subject;
  return `arn:${partition(subject)}:${service}:${region}:${account}:${resource}`;
}

function roleArn(subject: PolicySubject): string {
  const { account = "*", role } = subject;
  return role.startsWith("arn:") ? role : `arn:${partition(subject)}:iam::${account}:role/${role}`;
}

function bucketArn(subject: PolicySubject, bucket: string): string {
  return `arn:${partition(subject)}:s3:::${bucket}`;
}

/** All objects below `s3://BUCKET/PATH/`. */
function objectsArn(subject: PolicySubject, url: string): string {
  return `arn:${partition(subject)}:s3:::${url.slice("s3://".length)}*`;
}

/** China and the US government have partitions of their own. */
function partition({ region = "" }: PolicySubject): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
