import type { UpdateTableRequest } from "@aws-sdk/client-glue";

/**
 * A proxy before moto that does what Glue does and moto does not: it refuses UpdateTable with a VersionId
 * that is not the table's any more, and lets no other update in between.
 */
export interface CheckingGlue extends AsyncDisposable {
  readonly endpoint: string;
  /** Updates that were refused. */
  readonly refused: number;
  /** Requests for updates, in order. */
  readonly updates: readonly UpdateTableRequest[];
}

/** @param upstream moto's address */
export function startCheckingGlue(upstream: string): CheckingGlue {
  let refused = 0;
  const updates: UpdateTableRequest[] = [];
  let turns: Promise<unknown> = Promise.resolve();
  const forward = (request: Request, body: string, target?: string) => {
    const headers = new Headers(request.headers);
    headers.delete("host");
    if (target !== undefined) headers.set("x-amz-target", target);
    const { pathname, search } = new URL(request.url);
    const options = { method: request.method, headers, body: body || undefined };
    return fetch(upstream + pathname + search, options);
  };
  const update = async (request: Request, body: string): Promise<Response> => {
    const asked: UpdateTableRequest = JSON.parse(body);
    updates.push(asked);
    const { DatabaseName, TableInput, VersionId } = asked;
    const wanted = JSON.stringify({ DatabaseName, Name: TableInput!.Name });
    const found = await forward(request, wanted, "AWSGlue.GetTable");
    const { Table } = await found.json();
    if (VersionId !== undefined && Table?.VersionId !== VersionId) {
      refused++;
      return Response.json(
        {
          __type: "ConcurrentModificationException",
          Message: "Update table failed due to concurrent modifications.",
        },
        { status: 400 },
      );
    }
    return await forward(request, body);
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.text();
    if (request.headers.get("x-amz-target") !== "AWSGlue.UpdateTable") {
      return forward(request, body);
    }
    const turn = turns.then(() => update(request, body));
    turns = turn.catch(() => {});
    return await turn;
  });
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    get refused() {
      return refused;
    },
    updates,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
