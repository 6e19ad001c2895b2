import {
  CreateSchemaCommand,
  GetRegistryCommand,
  GetSchemaByDefinitionCommand,
  GetSchemaVersionCommand,
  GlueClient,
  RegisterSchemaVersionCommand,
} from "@aws-sdk/client-glue";
import { type Api, isNamed, openApi } from "../../aws/api.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { sleep } from "../../wait/sleep.ts";
import type { SchemaId } from "../registry/frame.ts";
import type { RegisteredSchema, Registry, SchemaType } from "../registry/registry.ts";
import { GlueFrame } from "./glue_frame.ts";

/** The registry that Glue takes where none is named. */
const DEFAULT_REGISTRY = "default-registry";

/** Milliseconds between two looks at a version whose compatibility Glue is still checking. */
const PENDING_PAUSE_MS = 500;

/** Maximum number of such looks. */
const MOST_LOOKS = 60;

/**
 * AWS Glue's schema registry, in the region and with the credentials of all other AWS services.
 * @param url `glue://REGISTRY`
 * @throws {Failure} kind `usage`, for a URL that names no registry
 */
export function openGlueRegistry(url: string): Registry {
  const name = /^glue:(?:\/\/([A-Za-z0-9_$#-]{0,255})\/?)?$/i.exec(url);
  if (name === null) {
    throw new Failure("usage", "SCHEMA_REGISTRY_URL: expected glue://REGISTRY", {
      fix: `Such as glue://${DEFAULT_REGISTRY}; the region is AWS_REGION's.`,
    });
  }
  const glue = openApi((options) => new GlueClient(options), { service: "glue" });
  return new GlueRegistry(glue, name[1] || DEFAULT_REGISTRY);
}

class GlueRegistry implements Registry {
  readonly frame = new GlueFrame();
  readonly isGlue = true;
  readonly #glue: Api<GlueClient>;
  readonly #name: string;

  constructor(glue: Api<GlueClient>, name: string) {
    this.#glue = glue;
    this.#name = name;
  }

  get url(): string {
    return `glue://${this.#name}`;
  }

  async schema(id: SchemaId, signal: AbortSignal): Promise<RegisteredSchema> {
    const version = await this.#ask(
      `schema ${id}`,
      () =>
        this.#glue.send(new GetSchemaVersionCommand({ SchemaVersionId: String(id) }), {
          abortSignal: signal,
        }),
    );
    const { SchemaDefinition: text, DataFormat: type } = version;
    if (text === undefined) throw this.#failure(`schema ${id}: it has no definition`);
    return { type: type as SchemaType, text, references: [] };
  }

  /** The schema becomes the next version of the one that has the topic's name. */
  async register(
    topic: string,
    { type, text }: Pick<RegisteredSchema, "type" | "text">,
    signal: AbortSignal,
  ): Promise<string> {
    const options = { abortSignal: signal };
    const SchemaId = { RegistryName: this.#name, SchemaName: topic };
    const definition = { SchemaId, SchemaDefinition: text };
    const known = await this.#unlessMissing(() =>
      this.#glue.send(new GetSchemaByDefinitionCommand(definition), options)
    );
    if (known?.SchemaVersionId !== undefined && known.Status === "AVAILABLE") {
      return known.SchemaVersionId;
    }
    const version = await this.#unlessMissing(() =>
      this.#glue.send(new RegisterSchemaVersionCommand(definition), options)
    );
    if (version !== undefined) {
      return await this.#available(topic, version.SchemaVersionId!, version.Status, signal);
    }
    const created = await this.#ask(`schema ${topic}`, () =>
      this.#glue.send(
        new CreateSchemaCommand({
          RegistryId: { RegistryName: this.#name },
          SchemaName: topic,
          DataFormat: type,
          Compatibility: "BACKWARD",
          SchemaDefinition: text,
        }),
        options,
      ));
    return await this.#available(
      topic,
      created.SchemaVersionId!,
      created.SchemaVersionStatus,
      signal,
    );
  }

  subjectOf(topic: string): string {
    return topic;
  }

  async latest(subject: string, signal: AbortSignal): Promise<string | undefined> {
    const version = await this.#unlessMissing(() =>
      this.#glue.send(
        new GetSchemaVersionCommand({
          SchemaId: { RegistryName: this.#name, SchemaName: subject },
          SchemaVersionNumber: { LatestVersion: true },
        }),
        { abortSignal: signal },
      )
    );
    return version?.SchemaVersionId;
  }

  async check(signal: AbortSignal): Promise<string> {
    const RegistryId = { RegistryName: this.#name };
    await this.#ask(
      "registry",
      () => this.#glue.send(new GetRegistryCommand({ RegistryId }), { abortSignal: signal }),
    );
    return "there";
  }

  close(): void {
    this.#glue.close();
  }

  /** The version's id, once Glue has checked that it is compatible with those before. */
  async #available(
    topic: string,
    id: string,
    status: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    for (let looks = 0; status === "PENDING" && looks < MOST_LOOKS; looks++) {
      await sleep(PENDING_PAUSE_MS, signal);
      const command = new GetSchemaVersionCommand({ SchemaVersionId: id });
      ({ Status: status } = await this.#glue.send(command, { abortSignal: signal }));
    }
    if (status === "AVAILABLE" || status === undefined) return id;
    throw new Failure("usage", `${this.url}: schema ${topic}: version ${id} is ${status}`, {
      fix: "The schema is not compatible with the version before it: send to another topic, or " +
        "change the schema's compatibility in Glue.",
    });
  }

  async #unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (isNamed(error, "EntityNotFoundException")) return undefined;
      throw this.#judged("schema", error);
    }
  }

  async #ask<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.#judged(what, error);
    }
  }

  /** What the user can do about an error that is about the request itself. */
  #judged(what: string, error: unknown): unknown {
    if (isNamed(error, "InvalidInputException")) {
      return new Failure("usage", `${this.url}: ${what}: ${messageOf(error)}`, {
        fix: "Check the names of registry and schema, and the schema's data format in Glue.",
        cause: error,
      });
    }
    if (error instanceof Failure || (error as { name?: string }).name === "AbortError") {
      return error;
    }
    return this.#failure(`${what}: ${messageOf(error)}`, error);
  }

  #failure(what: string, cause?: unknown): Failure {
    return new Failure("service", `${this.url}: ${what}`, {
      fix: "Check SCHEMA_REGISTRY_URL and AWS_REGION: they must match those of the topic's " +
        "producers. `aws glue create-registry` creates a registry.",
      cause,
    });
  }
}
