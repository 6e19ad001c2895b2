import type { AlertPost } from "../../mod/ops/telemetry/webhook.ts";

/** A webhook on this host. */
export interface Webhook extends AsyncDisposable {
  /** Its URL; the path ends with a token. */
  readonly url: string;
  /** Posts that it took, in order. */
  readonly posts: AlertPost[];
  /** Number of all posts, those that it refused too. */
  readonly calls: number;
}

/** Starts a webhook; `answer` gives the status of the answer to the n-th post. */
export function startWebhook(answer: (post: number) => number = () => 200): Webhook {
  const posts: AlertPost[] = [];
  let calls = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (request.headers.get("content-type") !== "application/json") {
        return new Response(null, { status: 415 });
      }
      const status = answer(++calls);
      const post = await request.json();
      if (status === 200) posts.push(post);
      return new Response(null, { status });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook/secret-token`,
    posts,
    get calls() {
      return calls;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
