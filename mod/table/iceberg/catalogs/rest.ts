import { Failure, messageOf } from "../../../failure/failure.ts";
import { deadline } from "../../../wait/deadline.ts";
import type { LoadedTable, TableCatalog } from "../catalog.ts";
import { currentSnapshot, MAIN, specOf, type TableMetadata } from "../metadata.ts";
import { checkMetadata, formatJson, parseJson } from "../metadata_json.ts";
import type { TableUpdate } from "../updates.ts";
import { type Authorize, restAuth, type RestAuthOptions } from "./rest_auth.ts";

/** Options of {@linkcode RestCatalog}. */
export interface RestCatalogOptions extends RestAuthOptions {
  /** Such as `https://host/iceberg`; `/v1/…` follows. */
  uri: string;
  /** Name or location of the warehouse, where the catalog has several. */
  warehouse?: string;
  /** Levels of the namespace, with dots between them. */
  namespace: string;
  table: string;
}

/** Milliseconds after which a request has failed. */
const DEADLINE_MS = 30_000;

/** What a server answers. */
interface Answer {
  status: number;
  body: unknown;
}

/**
 * A table in an Iceberg REST catalog: Polaris, Lakekeeper, Nessie, Glue's own endpoint. The
 * client is our own as ids of 63 bits do not survive a plain JSON.parse.
 * Source: https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export class RestCatalog implements TableCatalog {
  readonly description: string;
  readonly #uri: string;
  readonly #options: RestCatalogOptions;
  readonly #authorize: Authorize & { forget(): void };
  /** Path of the namespace, once the server's configuration is known. */
  #namespacePath: string | undefined;

  constructor(options: RestCatalogOptions) {
    this.#options = options;
    this.#uri = options.uri.replace(/\/+$/, "").replace(/\/v1$/, "");
    this.#authorize = restAuth(this.#uri, options);
    this.description = `the REST catalog at ${withoutSecrets(this.#uri)}`;
  }

  async load(): Promise<LoadedTable | undefined> {
    const answer = await this.#send("GET", await this.#table());
    if (isAbsent(answer)) return undefined;
    const { namespace, table } = this.#options;
    if (answer.status !== 200) throw this.#refused(answer, `load ${namespace}.${table}`);
    return this.#loaded(answer);
  }

  async create(metadata: TableMetadata): Promise<boolean> {
    await this.#createNamespace();
    const { namespace, table } = this.#options;
    const answer = await this.#send("POST", `${await this.#namespace()}/tables`, {
      name: table,
      location: metadata.location,
      schema: metadata.schemas[0],
      "partition-spec": specOf(metadata),
      "write-order": metadata["sort-orders"][0],
      "stage-create": false,
      properties: metadata.properties,
    });
    if (answer.status === 409) return false;
    if (answer.status > 299) throw this.#refused(answer, `create ${namespace}.${table}`);
    this.#loaded(answer);
    return true;
  }

  async commit({ metadata }: LoadedTable, updates: readonly TableUpdate[]): Promise<boolean> {
    const { namespace, table } = this.#options;
    const snapshot = currentSnapshot(metadata)?.["snapshot-id"] ?? null;
    const answer = await this.#send("POST", await this.#table(), {
      identifier: { namespace: namespace.split("."), name: table },
      requirements: [
        { type: "assert-table-uuid", uuid: metadata["table-uuid"] },
        { type: "assert-ref-snapshot-id", ref: MAIN, "snapshot-id": snapshot },
        { type: "assert-current-schema-id", "current-schema-id": metadata["current-schema-id"] },
        { type: "assert-default-spec-id", "default-spec-id": metadata["default-spec-id"] },
      ],
      updates,
    });
    if (answer.status === 409) return false;
    // Also catalogs that hide a table from those who may not write it answer so: these have one to load.
    if (isAbsent(answer) && await this.load() === undefined) return false;
    if (answer.status !== 200) throw this.#refused(answer, `commit to ${namespace}.${table}`);
    return true;
  }

  async drop(): Promise<void> {
    const answer = await this.#send("DELETE", `${await this.#table()}?purgeRequested=false`);
    if (answer.status > 299 && answer.status !== 404) throw this.#refused(answer, "drop the table");
  }

  close(): void {}

  async #createNamespace(): Promise<void> {
    const path = await this.#namespace();
    if (!isAbsent(await this.#send("GET", path))) return;
    const answer = await this.#send("POST", path.slice(0, path.lastIndexOf("/")), {
      namespace: this.#options.namespace.split("."),
      properties: {},
    });
    if (answer.status > 299 && answer.status !== 409) {
      throw this.#refused(answer, `create namespace ${this.#options.namespace}`);
    }
  }

  async #table(): Promise<string> {
    return `${await this.#namespace()}/tables/${encodeURIComponent(this.#options.table)}`;
  }

  async #namespace(): Promise<string> {
    if (this.#namespacePath !== undefined) return this.#namespacePath;
    const { warehouse, namespace } = this.#options;
    const query = warehouse === undefined ? "" : `?warehouse=${encodeURIComponent(warehouse)}`;
    const answer = await this.#send("GET", `/v1/config${query}`);
    if (answer.status !== 200) throw this.#refused(answer, "read its configuration");
    const { defaults, overrides } = answer.body as Record<
      string,
      Record<string, string> | undefined
    >;
    const prefix = overrides?.prefix ?? defaults?.prefix;
    // Levels are joined by a unit separator.
    const levels = encodeURIComponent(namespace.split(".").join("\x1f"));
    return this.#namespacePath = `/v1${prefix ? `/${prefix}` : ""}/namespaces/${levels}`;
  }

  #loaded({ body }: Answer): LoadedTable {
    const { metadata, "metadata-location": metadataFile } = body as Record<string, unknown>;
    const name = `${this.#options.namespace}.${this.#options.table}`;
    return {
      metadata: checkMetadata(metadata, name),
      metadataFile: String(metadataFile),
      version: undefined,
    };
  }

  /** @throws {Failure} kind `service`, when no answer came, or one of which the outcome is not known */
  async #send(method: string, path: string, content?: unknown): Promise<Answer> {
    const answer = await this.#sendOnce(method, path, content);
    if (answer.status !== 401 && answer.status !== 419) return answer;
    // The token may have expired early; without it nothing was done.
    this.#authorize.forget();
    return await this.#sendOnce(method, path, content);
  }

  async #sendOnce(method: string, path: string, content: unknown): Promise<Answer> {
    const url = new URL(this.#uri + path);
    const body = content === undefined ? undefined : formatJson(content);
    const headers: Record<string, string> = {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    let status: number;
    let text: string;
    try {
      [status, text] = await deadline({ ms: DEADLINE_MS }, async (signal) => {
        const authorized = await this.#authorize({ method, url, headers, body }, signal);
        const options = { method, headers: authorized, body, signal, redirect: "error" as const };
        const response = await fetch(url, options);
        return [response.status, await response.text()];
      });
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure("service", `no answer from ${this.description}: ${reasonOf(cause)}`, {
        cause,
        fix: "Check ICEBERG_REST_URI and the network, and that the catalog is running.",
      });
    }
    if (status >= 500 || status === 429) {
      throw new Failure("service", `${this.description} answers ${status} ${excerpt(text)}`);
    }
    return { status, body: parsed(text) ?? text };
  }

  #refused(answer: Answer, doing: string): Failure {
    const { status, body } = answer;
    const message = (body as { error?: { message?: string } })?.error?.message ?? String(body);
    const isAccess = [401, 403, 419].includes(status);
    // Permissions and tokens may be restored, as what a proxy forwards to; a wrong request stays wrong.
    const isPassing = isAccess || status === 404 && !isAbsent(answer);
    return new Failure(
      isPassing ? "service" : "failed",
      `${this.description} refuses to ${doing}: ${status} ${excerpt(message)}`,
      {
        fix: isAccess
          ? "Check ICEBERG_REST_TOKEN, ICEBERG_REST_CREDENTIAL or ICEBERG_REST_SIGV4, and their permissions."
          : "Check ICEBERG_REST_URI, ICEBERG_REST_WAREHOUSE and the database's name.",
      },
    );
  }
}

/** Whether a catalog says that there is no such thing. A 404 without its JSON is of something before it. */
function isAbsent({ status, body }: Answer): boolean {
  return status === 404 && typeof body === "object" && body !== null;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a text, on one line. */
function excerpt(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause;
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}

function withoutSecrets(uri: string): string {
  const url = URL.parse(uri);
  if (url === null) {
    throw new Failure("usage", `ICEBERG_REST_URI is ${JSON.stringify(uri)}; expected a URL`, {
      fix: "Set it to the catalog's address, such as https://catalog.example.com/iceberg.",
    });
  }
  url.username = url.password = url.search = "";
  return url.href.replace(/\/$/, "");
}
