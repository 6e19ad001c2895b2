/**
 * Writes deploy/cloudformation/ticklake.yaml, what AWS needs for a lake: `./dev cloudformation`. Policies
 * and crawler are the program's own, so that `setup-catalog` finds nothing to change afterwards.
 */
import { stringify } from "yaml";
import { commandPolicies, crawlerPolicy, crawlerTrust } from "../mod/aws/policies.ts";
import type { PolicyDocument, PolicySubject } from "../mod/aws/policies.ts";
import { wantedCrawler } from "../mod/catalog/glue/crawler.ts";
import { MARK } from "../mod/catalog/glue/glue_target.ts";
import { loadSchema } from "../mod/schema/load_schema.ts";

/** Commands that the host runs. */
const HOST_COMMANDS = ["consume", "setup-catalog", "query", "verify", "status", "doctor"] as const;

/** Days after which Athena's results are removed: they can be asked for again. */
const RESULT_DAYS = 30;

const schema = await loadSchema(undefined);

/** What policies are about, with CloudFormation's names where values will stand. */
const SUBJECT: PolicySubject = {
  bucket: "${BucketName}",
  prefix: "${Prefix}",
  table: schema.table,
  database: "${DatabaseName}",
  crawler: `ticklake-${schema.table}`,
  role: "ticklake-crawler",
  workgroup: "${WorkgroupName}",
  region: "${AWS::Region}",
  account: "${AWS::AccountId}",
};

/** The template, as CloudFormation takes it. */
export function template(): Record<string, unknown> {
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "ticklake: bucket, roles, Glue database and crawler, Athena workgroup. " +
      "Written by `./dev cloudformation`.",
    Parameters: {
      BucketName: {
        Type: "String",
        AllowedPattern: "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        Description: "Bucket of the lake, a name that nobody has yet (AWS_S3_BUCKET)",
      },
      Prefix: {
        Type: "String",
        Default: "ticklake",
        AllowedPattern: "[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*",
        Description: "Path of the lake in the bucket (TICKLAKE_PREFIX)",
      },
      DatabaseName: {
        Type: "String",
        Default: "ticklake",
        AllowedPattern: "[a-z0-9_]{1,255}",
        Description: "Glue database (TICKLAKE_DATABASE)",
      },
      WorkgroupName: {
        Type: "String",
        Default: "ticklake",
        AllowedPattern: "[A-Za-z0-9_.-]{1,128}",
        Description: "Athena workgroup to create (TICKLAKE_WORKGROUP)",
      },
      QueryLimitBytes: {
        Type: "Number",
        Default: 10 * 2 ** 30,
        MinValue: 10_000_000,
        Description: "Bytes after which Athena cancels a query of the workgroup",
      },
    },
    Resources: {
      Bucket: {
        Type: "AWS::S3::Bucket",
        // The stack may go, the data may not.
        DeletionPolicy: "Retain",
        UpdateReplacePolicy: "Retain",
        Properties: {
          BucketName: { Ref: "BucketName" },
          BucketEncryption: {
            ServerSideEncryptionConfiguration: [
              { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
            ],
          },
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          LifecycleConfiguration: {
            Rules: [{
              Id: "athena-results",
              Status: "Enabled",
              Prefix: sub("${Prefix}/athena_results/"),
              ExpirationInDays: RESULT_DAYS,
            }],
          },
        },
      },
      HostRole: {
        Type: "AWS::IAM::Role",
        Properties: {
          Description: "An EC2 host that runs ticklake",
          AssumeRolePolicyDocument: trust("ec2.amazonaws.com"),
          Policies: HOST_COMMANDS.map((command) => ({
            PolicyName: `ticklake-${command}`,
            PolicyDocument: substituted(commandPolicies(SUBJECT)[command]),
          })),
        },
      },
      HostProfile: {
        Type: "AWS::IAM::InstanceProfile",
        Properties: { Roles: [{ Ref: "HostRole" }] },
      },
      CrawlerRole: {
        Type: "AWS::IAM::Role",
        Properties: {
          RoleName: SUBJECT.role,
          AssumeRolePolicyDocument: crawlerTrust(),
          Policies: [{
            PolicyName: "ticklake-lake",
            PolicyDocument: substituted(crawlerPolicy(SUBJECT)),
          }],
        },
      },
      Database: {
        Type: "AWS::Glue::Database",
        Properties: {
          CatalogId: { Ref: "AWS::AccountId" },
          DatabaseInput: { Name: { Ref: "DatabaseName" }, Description: MARK },
        },
      },
      Crawler: { Type: "AWS::Glue::Crawler", DependsOn: "Database", Properties: crawler() },
      Workgroup: {
        Type: "AWS::Athena::WorkGroup",
        Properties: {
          Name: { Ref: "WorkgroupName" },
          Description: "Queries of ticklake",
          RecursiveDeleteOption: true,
          WorkGroupConfiguration: {
            BytesScannedCutoffPerQuery: { Ref: "QueryLimitBytes" },
            EnforceWorkGroupConfiguration: true,
            PublishCloudWatchMetricsEnabled: true,
            ResultConfiguration: {
              OutputLocation: sub("s3://${BucketName}/${Prefix}/athena_results/"),
              EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
            },
          },
        },
      },
    },
    Outputs: {
      InstanceProfile: {
        Description: "Instance profile of the EC2 host",
        Value: { Ref: "HostProfile" },
      },
      Settings: {
        Description: "Lines for the host's ticklake.env",
        Value: sub(
          "AWS_REGION=${AWS::Region} AWS_S3_BUCKET=${BucketName} TICKLAKE_PREFIX=${Prefix} " +
            "TICKLAKE_DATABASE=${DatabaseName} TICKLAKE_WORKGROUP=${WorkgroupName} " +
            `TICKLAKE_GLUE_ROLE=${SUBJECT.role}`,
        ),
      },
    },
  };
}

/** The crawler as `setup-catalog` would make it. */
function crawler(): unknown {
  const { Role: _, Schedule: __, ...wanted } = wantedCrawler({
    bucket: SUBJECT.bucket,
    prefix: SUBJECT.prefix,
    schema,
    format: "parquet",
    partitionColumns: ["dt"],
    database: SUBJECT.database,
    crawler: SUBJECT.crawler,
    projection: false,
  });
  return {
    ...substituted(wanted) as Record<string, unknown>,
    Role: { "Fn::GetAtt": ["CrawlerRole", "Arn"] },
  };
}

function trust(service: string): PolicyDocument {
  const [statement] = crawlerTrust().Statement;
  return {
    Version: "2012-10-17",
    Statement: [{ ...statement, Sid: "Host", Principal: { Service: service } }],
  };
}

function sub(text: string): { "Fn::Sub": string } {
  return { "Fn::Sub": text };
}

/** The value with `Fn::Sub` around each text that has names of CloudFormation in it. */
function substituted(value: unknown): unknown {
  if (typeof value === "string") {
    return value.includes("${") ? sub(value.replace(/^arn:aws:/, "arn:${AWS::Partition}:")) : value;
  }
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, substituted(part)]));
}

/** The template's file. */
export function templateText(): string {
  // YAML 1.1: else others would take the policies' version for a date.
  return stringify(template(), { version: "1.1", lineWidth: 100, aliasDuplicateObjects: false });
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL("../deploy/cloudformation/ticklake.yaml", import.meta.url),
    templateText(),
  );
}
