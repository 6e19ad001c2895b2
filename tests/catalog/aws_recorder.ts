/** One request to the recorder. */
export interface Recorded {
  /** Name of the API's action, such as `GetCrawler`; for S3 method and path. */
  action: string;
  // deno-lint-ignore no-explicit-any
  body: any;
}

/** An answer: fields of the result, or an error of the API. */
export type Answer =
  // deno-lint-ignore no-explicit-any
  | Record<string, any>
  | { error: string; message: string; status?: number };

/** What answers an action: one answer for ever, some in turn (the last for ever), or a function. */
export type Answers = Answer | Answer[] | ((body: Recorded["body"], nth: number) => Answer);

/**
 * A server that speaks as much of the AWS JSON protocol as Glue and Athena need, for answers that moto
 * does not give: errors, slow crawlers, actions that it lacks. Lists of S3 are empty.
 */
export class AwsRecorder implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #counts = new Map<string, number>();

  constructor(answers: Record<string, Answers>) {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (request) => {
        const target = request.headers.get("x-amz-target");
        if (target === null) {
          this.requests.push({
            action: `${request.method} ${new URL(request.url).pathname}`,
            body: null,
          });
          return new Response("<ListBucketResult></ListBucketResult>");
        }
        const action = target.split(".")[1];
        const body = await request.json();
        this.requests.push({ action, body });
        return this.#answer(action, body, answers[action]);
      },
    );
  }

  /** Environment with which the program talks to this server. */
  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.#server.addr.port}`,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIARECORDER",
      AWS_SECRET_ACCESS_KEY: "recorders-secret",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_S3_BUCKET: "quotes",
    };
  }

  /** Names of the actions, in the order of the requests. */
  get actions(): string[] {
    return this.requests.map(({ action }) => action);
  }

  /** Bodies of the requests for an action. */
  bodies(action: string): Recorded["body"][] {
    return this.requests.filter((request) => request.action === action).map(({ body }) => body);
  }

  #answer(action: string, body: unknown, answers: Answers | undefined): Response {
    if (answers === undefined) return failure({ error: "UnknownOperation", message: action });
    const nth = this.#counts.get(action) ?? 0;
    this.#counts.set(action, nth + 1);
    const answer = typeof answers === "function"
      ? answers(body, nth)
      : Array.isArray(answers)
      ? answers[Math.min(nth, answers.length - 1)]
      : answers;
    if ("error" in answer) return failure(answer as { error: string; message: string });
    return Response.json(answer, { headers: { "content-type": "application/x-amz-json-1.1" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function failure(
  { error, message, status = 400 }: { error: string; message: string; status?: number },
): Response {
  return Response.json({ __type: error, message, Message: message }, {
    status,
    headers: { "content-type": "application/x-amz-json-1.1" },
  });
}

/** Glue's answer for what is not there. */
export const NOT_FOUND = { error: "EntityNotFoundException", message: "not found" };
