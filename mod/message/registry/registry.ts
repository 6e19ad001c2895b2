import type { Frame, SchemaId } from "./frame.ts";

/** Kinds of schemas that a registry has, in Confluent's words. */
export type SchemaType = "AVRO" | "PROTOBUF" | "JSON";

/** A schema as it was registered. */
export interface RegisteredSchema {
  type: SchemaType;
  text: string;
  /** What it refers to, each behind what that refers to; `name` is how it is called there. */
  references: Array<{ name: string; text: string }>;
}

/** A registry of the schemas that messages are written by. */
export interface Registry {
  /** Where it is, for the user. */
  readonly url: string;
  readonly frame: Frame;
  /** Whether Protobuf messages are numbered over the whole file, and not at each level. */
  readonly isGlue?: boolean;
  /**
   * A schema by its id, with all that it refers to.
   * @throws {Failure} kind `service`, also where the registry does not know the id
   * @throws the signal's reason
   */
  schema(id: SchemaId, signal: AbortSignal): Promise<RegisteredSchema>;
  /**
   * Registers a topic's schema; one that is there already keeps its id.
   * @throws {Failure} kind `service`; kind `usage`, where the registry refuses the schema
   */
  register(
    topic: string,
    schema: Pick<RegisteredSchema, "type" | "text">,
    signal: AbortSignal,
  ): Promise<SchemaId>;
  /** What the schema of a topic's values is called, unless its producers call it otherwise. */
  subjectOf(topic: string): string;
  /** The newest schema of a subject; `undefined` if there is none. @throws {Failure} */
  latest(subject: string, signal: AbortSignal): Promise<SchemaId | undefined>;
  /** Asks for something small, so that address and rights are known to be right. @throws {Failure} */
  check(signal: AbortSignal): Promise<string>;
  close?(): void;
}
