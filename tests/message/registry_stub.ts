/** Answers as a schema registry with Confluent's API gives them, for the schemas of some subjects. */
export interface RegistryStub extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** A registered schema as the API has it. */
export interface StubSchema {
  id: number;
  schema: string;
  schemaType?: string;
}

/** Serves the newest schema of each subject; all else is not found, as at a real one. */
export function registryStub(
  subjects: Readonly<Record<string, StubSchema>>,
  port = 0,
): RegistryStub {
  const asked: string[] = [];
  const server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/subjects") return Response.json(Object.keys(subjects));
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(pathname) ?? [];
    const [, subject] = /^\/subjects\/([^/]+)\/versions\/latest$/.exec(pathname) ?? [];
    const found = subject === undefined
      ? Object.values(subjects).find((schema) => String(schema.id) === id)
      : subjects[decodeURIComponent(subject)];
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
