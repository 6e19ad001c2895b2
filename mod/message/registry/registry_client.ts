import { Failure, messageOf } from "../../failure/failure.ts";
import { countText } from "../../terminal/amount_text.ts";
import { deadline } from "../../wait/deadline.ts";
import { CONFLUENT_FRAME, type SchemaId } from "./frame.ts";
import type { RegisteredSchema, Registry, SchemaType } from "./registry.ts";

/** Options of {@linkcode RegistryClient}. */
export interface RegistryOptions {
  /** Such as `http://127.0.0.1:8081`. */
  url: string;
  user?: string;
  password?: string;
}

/** Milliseconds that an answer may take. */
const ANSWER_MS = 10_000;

/** Maximum characters of an answer. */
const MOST_TEXT = 8 * 2 ** 20;

/** Schemas that one may refer to, with all that those refer to. */
const MOST_REFERENCES = 200;

/** Confluent's registry API, which Apicurio, Karapace and Redpanda speak too. */
export class RegistryClient implements Registry {
  readonly frame = CONFLUENT_FRAME;
  readonly #base: string;
  readonly #headers: Record<string, string>;

  /** @throws {Failure} kind `usage`, for a URL that is none or holds a password */
  constructor({ url, user, password }: RegistryOptions) {
    this.#base = baseOf(url);
    this.#headers = { accept: "application/vnd.schemaregistry.v1+json, application/json" };
    if (user === undefined && password === undefined) return;
    const pair = new TextEncoder().encode(`${user ?? ""}:${password ?? ""}`);
    this.#headers.authorization = `Basic ${pair.toBase64()}`;
  }

  get url(): string {
    return this.#base;
  }

  async schema(id: SchemaId, signal: AbortSignal): Promise<RegisteredSchema> {
    const found = await this.#ask(`schemas/ids/${id}`, signal) as SchemaAnswer;
    const references = new Map<string, string>();
    await this.#follow(found.references ?? [], references, signal);
    return {
      type: found.schemaType ?? "AVRO",
      text: this.#text(found),
      references: [...references].map(([name, text]) => ({ name, text })),
    };
  }

  /** The schema becomes the next version of the subject `TOPIC-value`. */
  async register(
    topic: string,
    { type, text }: Pick<RegisteredSchema, "type" | "text">,
    signal: AbortSignal,
  ): Promise<number> {
    const body = JSON.stringify({
      schema: text,
      // Registries omit the type for Avro.
      ...type === "AVRO" ? {} : { schemaType: type },
    });
    const path = `subjects/${encodeURIComponent(this.subjectOf(topic))}/versions`;
    const { id } = await this.#ask(path, signal, body) as { id?: unknown };
    return this.#id(id);
  }

  async check(signal: AbortSignal): Promise<string> {
    return countText((await this.#subjects(signal)).length, "subject");
  }

  subjectOf(topic: string): string {
    return `${topic}-value`;
  }

  async latest(subject: string, signal: AbortSignal): Promise<number | undefined> {
    if (!(await this.#subjects(signal)).includes(subject)) return undefined;
    const path = `subjects/${encodeURIComponent(subject)}/versions/latest`;
    const { id } = await this.#ask(path, signal) as { id?: unknown };
    return this.#id(id);
  }

  async #subjects(signal: AbortSignal): Promise<unknown[]> {
    const subjects = await this.#ask("subjects", signal);
    if (Array.isArray(subjects)) return subjects;
    throw this.#failure("expected a list of subjects in the answer", { fix: NO_REGISTRY });
  }

  #id(id: unknown): number {
    if (typeof id === "number" && Number.isInteger(id)) return id;
    throw this.#failure("expected the schema's id in the answer");
  }

  async #follow(
    references: readonly Reference[],
    found: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      if (found.has(name)) continue;
      if (found.size >= MOST_REFERENCES) {
        throw this.#failure(`a schema refers to more than ${MOST_REFERENCES} others`);
      }
      // Added first, so that a cycle ends; then moved after what it refers to.
      found.set(name, "");
      const path = `subjects/${encodeURIComponent(subject)}/versions/${version}`;
      const answer = await this.#ask(path, signal) as SchemaAnswer;
      await this.#follow(answer.references ?? [], found, signal);
      found.delete(name);
      found.set(name, this.#text(answer));
    }
  }

  #text({ schema }: SchemaAnswer): string {
    if (typeof schema === "string") return schema;
    throw this.#failure("expected a schema in the answer");
  }

  async #ask(path: string, signal: AbortSignal, body?: string): Promise<unknown> {
    const headers = body === undefined
      ? this.#headers
      : { ...this.#headers, "content-type": "application/vnd.schemaregistry.v1+json" };
    let status: number;
    let text: string;
    try {
      [status, text] = await deadline({ ms: ANSWER_MS, signal }, async (signal) => {
        const method = body === undefined ? "GET" : "POST";
        const response = await fetch(`${this.#base}/${path}`, { method, headers, body, signal });
        return [response.status, await textOf(response)];
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw this.#failure(`cannot be reached: ${messageOf(cause)}`, { cause });
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      answer = undefined;
    }
    if (status < 300 && typeof answer === "object" && answer !== null) return answer;
    if (answer === undefined && (status < 300 || status === 404)) {
      throw this.#failure(`${path}: status ${status}, and no JSON: it is no schema registry`, {
        fix: NO_REGISTRY,
      });
    }
    const said = (answer as { message?: unknown } | undefined)?.message;
    const why = typeof said === "string" ? `: ${said.slice(0, 500)}` : "";
    const what = `${path.split("?")[0]}: status ${status}${why}`;
    if (body !== undefined && (status === 409 || status === 422)) {
      throw new Failure("usage", `schema registry ${this.#base}: ${what}`, {
        fix: "The schema is not compatible with the subject's: send to another topic, or change " +
          "the subject's compatibility in the registry.",
      });
    }
    throw this.#failure(what, { fix: FIXES[status] });
  }

  #failure(what: string, options: { cause?: unknown; fix?: string } = {}): Failure {
    const fix = options.fix ?? "Check SCHEMA_REGISTRY_URL, and that the registry is running.";
    return new Failure("service", `schema registry ${this.#base}: ${what}`, { ...options, fix });
  }
}

interface Reference {
  name: string;
  subject: string;
  version: number;
}

interface SchemaAnswer {
  schema?: unknown;
  schemaType?: SchemaType;
  references?: Reference[];
}

const NO_REGISTRY =
  "Check SCHEMA_REGISTRY_URL: it must be the address of Confluent's API, which for " +
  "Apicurio ends with /apis/ccompat/v7.";

const FIXES: Record<number, string> = {
  401: "Check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD.",
  403: "SCHEMA_REGISTRY_USER lacks the permission for that in the registry.",
  404: "Check that SCHEMA_REGISTRY_URL is the registry of the topic's producers.",
};

function baseOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Failure("usage", "SCHEMA_REGISTRY_URL: expected an http or https URL", {
      fix: "Such as http://127.0.0.1:8081, or https://HOST/apis/ccompat/v7 for Apicurio.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Failure("usage", "SCHEMA_REGISTRY_URL: it must not contain user and password", {
      fix: "Put them into SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD.",
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

async function textOf(response: Response): Promise<string> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > MOST_TEXT) throw new Error("the answer is too large");
  }
  return text;
}
