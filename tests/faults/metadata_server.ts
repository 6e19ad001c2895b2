/**
 * A read-only REST catalog with one table: through it, engines that do not support directory catalogs read a
 * table of one.
 */
export class MetadataServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /**
   * @param name namespace and name of the table
   * @param location URI of its newest metadata file
   * @param metadata what that file holds
   */
  constructor(name: [namespace: string, table: string], location: string, metadata: string) {
    const [namespace, table] = name;
    const answers = new Map([
      ["/v1/config", '{"defaults":{},"overrides":{}}'],
      ["/v1/namespaces", JSON.stringify({ namespaces: [[namespace]] })],
      [`/v1/namespaces/${namespace}`, JSON.stringify({ namespace: [namespace], properties: {} })],
      [
        `/v1/namespaces/${namespace}/tables/${table}`,
        // The metadata as it is: parsing would corrupt the 63-bit ids of snapshots.
        `{"metadata-location":${JSON.stringify(location)},"metadata":${metadata},"config":{}}`,
      ],
    ]);
    const missing = JSON.stringify({
      error: { message: "not here", type: "NoSuchTableException", code: 404 },
    });
    const headers = { "content-type": "application/json" };
    const hide = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(hide, (request) => {
      const body = answers.get(new URL(request.url).pathname);
      return new Response(body ?? missing, { status: body === undefined ? 404 : 200, headers });
    });
  }

  /** For `iceberg.rest-catalog.uri`. */
  get uri(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
