import type { PolicyDocument, Statement } from "../../mod/aws/policies.ts";

/** One thing that a request does, in IAM's words. */
interface Deed {
  action: string;
  /** Resources that all must be allowed. */
  resources: string[];
  /** Keys of conditions, with the request's values. */
  context: Record<string, string>;
}

/**
 * A way to the AWS APIs that lets pass what a policy of IAM allows, and refuses all else as AWS does:
 * a command that works through it needs no more than that policy.
 */
export class PolicyGate implements AsyncDisposable {
  /** What is allowed now; nothing passes without. */
  policy: PolicyDocument = { Version: "2012-10-17", Statement: [] };
  /** Actions that were refused, with their resource. */
  readonly refused: string[] = [];
  /** Actions that passed. */
  readonly passed = new Set<string>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Workgroup of the newest query: its other calls name only the query. */
  #workgroup = "primary";

  /** @param api URL of the APIs */
  constructor(api: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const body = await request.bytes();
        const text = new TextDecoder().decode(body);
        for (const deed of this.#deedsOf(request, text)) {
          const denied = deed.resources.find((resource) => !this.#allows(deed, resource));
          if (denied !== undefined) {
            this.refused.push(`${deed.action} ${denied}`);
            return refusal(request, deed.action);
          }
          this.passed.add(deed.action);
        }
        // moto does not have it.
        if (targetOf(request) === "UpdateCrawler") return Response.json({});
        const { pathname, search } = new URL(request.url);
        const answer = await fetch(api + pathname + search, {
          method: request.method,
          headers: request.headers,
          body: body.length === 0 ? undefined : body,
          redirect: "manual",
        });
        const content = await answer.bytes();
        return new Response(content.length === 0 ? null : content, {
          status: answer.status,
          headers: answer.headers,
        });
      },
    );
  }

  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  #allows({ action, context }: Deed, resource: string): boolean {
    return this.policy.Statement.some((statement) =>
      statement.Action.includes(action) &&
      (statement.Resource ?? []).some((pattern) => isLike(pattern, resource)) &&
      meets(statement, context)
    );
  }

  #deedsOf(request: Request, body: string): Deed[] {
    const service = /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\//
      .exec(request.headers.get("authorization") ?? "")?.[1];
    switch (service) {
      case "s3":
        return [s3Deed(request)];
      case "glue":
        return glueDeeds(targetOf(request), JSON.parse(body));
      case "athena": {
        this.#workgroup = JSON.parse(body).WorkGroup ?? this.#workgroup;
        const resources = [`arn:aws:athena:us-east-1:123456789012:workgroup/${this.#workgroup}`];
        return [{ action: `athena:${targetOf(request)}`, resources, context: {} }];
      }
      case "iam": {
        const form = new URLSearchParams(body);
        const resources = [`arn:aws:iam::123456789012:role/${form.get("RoleName")}`];
        return [{ action: `iam:${form.get("Action")}`, resources, context: {} }];
      }
      case "sts":
      case undefined:
        // Everyone may ask who they are, and whether the service is there.
        return [];
      default:
        return [{ action: `${service}:?`, resources: [request.url], context: {} }];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Operation of a request to Glue or Athena, empty for one to others. */
function targetOf(request: Request): string {
  return request.headers.get("x-amz-target")?.split(".").at(-1) ?? "";
}

function s3Deed({ method, url }: Request): Deed {
  const { pathname, searchParams } = new URL(url);
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/.exec(pathname)!;
  if (key !== "") {
    const action = { PUT: "PutObject", DELETE: "DeleteObject" }[method] ?? "GetObject";
    const resources = [`arn:aws:s3:::${bucket}/${decodeURIComponent(key)}`];
    return { action: `s3:${action}`, resources, context: {} };
  }
  const resources = [`arn:aws:s3:::${bucket}`];
  if (searchParams.has("location")) {
    return { action: "s3:GetBucketLocation", resources, context: {} };
  }
  const prefix = searchParams.get("prefix");
  return {
    action: method === "PUT" ? "s3:CreateBucket" : "s3:ListBucket",
    resources,
    context: prefix === null ? {} : { "s3:prefix": prefix },
  };
}

/** Glue checks the catalog, the database and the table; who gives a role to it must be allowed that too. */
// deno-lint-ignore no-explicit-any
function glueDeeds(operation: string, body: any): Deed[] {
  const arn = (resource: string) => `arn:aws:glue:us-east-1:123456789012:${resource}`;
  const deed: Deed = { action: `glue:${operation}`, resources: [], context: {} };
  if (/Crawler/.test(operation)) {
    deed.resources = [arn(`crawler/${body.Name}`)];
    const deeds = [deed];
    if (body.Role !== undefined) {
      const role = String(body.Role).replace(/^arn:.*role\//, "");
      deeds.push({
        action: "iam:PassRole",
        resources: [`arn:aws:iam::123456789012:role/${role}`],
        context: { "iam:PassedToService": "glue.amazonaws.com" },
      });
    }
    return deeds;
  }
  const isDatabase = /Database/.test(operation);
  const database = isDatabase ? body.Name ?? body.DatabaseInput?.Name : body.DatabaseName;
  deed.resources = [arn("catalog"), arn(`database/${database}`)];
  if (!isDatabase) {
    const table = body.TableName ?? body.TableInput?.Name ?? body.Name ?? "*";
    deed.resources.push(arn(`table/${database}/${table}`));
  }
  return [deed];
}

function meets({ Condition = {} }: Statement, context: Record<string, string>): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const value = context[key];
      if (value === undefined) return false;
      const matches = operator === "StringLike" ? isLike : (a: string, b: string) => a === b;
      return [expected].flat().some((pattern) => matches(pattern, value));
    })
  );
}

/** Whether a text is like a pattern with `*` and `?`. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(text);
}

/** How AWS refuses: XML from S3 and IAM, JSON from the others. */
function refusal(request: Request, action: string): Response {
  const message = `User: arn:aws:iam::123456789012:user/u is not authorized to perform: ${action}`;
  if (request.headers.has("x-amz-target")) {
    return new Response(JSON.stringify({ __type: "AccessDeniedException", Message: message }), {
      status: 400,
      headers: { "content-type": "application/x-amz-json-1.1" },
    });
  }
  const xml = action.startsWith("s3:")
    ? `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`
    : `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return new Response(request.method === "HEAD" ? null : xml, {
    status: 403,
    headers: { "content-type": "application/xml" },
  });
}
