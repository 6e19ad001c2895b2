/** A schema registry with Confluent's API in this process, its schemas in memory. */
export interface RegistryStub extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
}

/** A registered schema as the API has it. */
export interface StubSchema {
  id: number;
  schema: string;
  schemaType?: string;
}

/**
 * Serves the newest schema of each subject and takes further ones; all else is not found, as at a real
 * one.
 */
export function registryStub(
  subjects: Readonly<Record<string, StubSchema>> = {},
  port = 0,
): RegistryStub {
  const known = new Map(Object.entries(subjects));
  const asked: string[] = [];
  const server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/subjects") return Response.json([...known.keys()]);
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(pathname) ?? [];
    const [, name, version] = /^\/subjects\/([^/]+)\/versions(\/latest)?$/.exec(pathname) ?? [];
    const subject = decodeURIComponent(name ?? "");
    if (request.method === "POST" && name !== undefined && version === undefined) {
      const schema = { ...await request.json(), id: known.size + 1 };
      known.set(subject, schema);
      return Response.json({ id: schema.id });
    }
    const found = version === undefined
      ? [...known.values()].find((schema) => String(schema.id) === id)
      : known.get(subject);
    return found === undefined
      ? Response.json({ error_code: 40403, message: "Schema not found" }, { status: 404 })
      : Response.json({ ...found, version: 1 });
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
