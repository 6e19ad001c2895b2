import { getLogger } from "@logtape/logtape";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { MessageCheck, RowArrays, RowScan } from "../../schema/message_reader.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { backoff } from "../../wait/backoff.ts";
import { sleep } from "../../wait/sleep.ts";
import type { CheckListener, MessageForm, PrepareOptions, WriterSchema } from "../message_form.ts";
import type { PayloadMaker, TablePayloads } from "../payload_maker.ts";
import type { SchemaId } from "./frame.ts";
import type { RegisteredSchema, Registry } from "./registry.ts";

const logger = getLogger(["ticklake", "registry"]);

/** The pauses between two attempts to get a schema. */
const PAUSES = { firstMs: 250, longestMs: 10_000, jitter: 0.1 };

/** Milliseconds between two warnings. */
const WARNING_MS = 60_000;

/** Messages in a frame with the ids of their schemas, which a registry has. */
export class RegistryForm implements MessageForm {
  readonly isPlainJson = false;
  readonly #registry: Registry;
  readonly #open: (schema: RegisteredSchema) => Promise<PayloadMaker>;
  /** What payloads are read by, or why they cannot be, by id. */
  readonly #schemas = new Map<SchemaId, PayloadMaker | string>();

  /** @param open makes what reads a schema's payloads */
  constructor(
    registry: Registry,
    open: (schema: RegisteredSchema) => Promise<PayloadMaker>,
  ) {
    this.#registry = registry;
    this.#open = open;
  }

  check(
    schema: RowSchema,
    { onUnknown = () => {}, note = () => {} }: Partial<CheckListener> = {},
  ): MessageCheck {
    const payloads = new Map<SchemaId, TablePayloads>();
    const { frame } = this.#registry;
    const payloadsOf = (id: SchemaId): TablePayloads | string => {
      const known = payloads.get(id);
      if (known !== undefined) return known;
      const maker = this.#schemas.get(id);
      if (maker === undefined) return `schema ${id} has not been fetched`;
      if (typeof maker === "string") return maker;
      const own = maker.forTable(schema, {
        onUnknown,
        note: (text) => note(`schema ${id} of the registry: ${text}`),
      });
      payloads.set(id, own);
      return own;
    };
    const check: MessageCheck = (value, record) => {
      const id = frame.schemaId(value);
      if (id === null) return frame.whyNone(value);
      const own = payloadsOf(id);
      if (typeof own === "string") return own;
      let payload: Uint8Array;
      try {
        payload = frame.payload(value);
      } catch (error) {
        return `damaged payload: ${messageOf(error)}`;
      }
      return own(payload, value, record);
    };
    let last: SchemaId | null = null;
    let scan: RowScan | undefined;
    return Object.assign(check, {
      scan(value: Uint8Array, _: number, into: RowArrays): boolean {
        const id = frame.schemaId(value);
        if (id === null) return false;
        if (id !== last) {
          const own = payloadsOf(id);
          if (typeof own === "string") return false;
          last = id;
          scan = own.scan;
        }
        if (scan === undefined) return false;
        const start = frame.payloadStart(value);
        return start > 0 && scan(value, start, into);
      },
    });
  }

  text(value: Uint8Array): string | undefined {
    const { frame } = this.#registry;
    const id = frame.schemaId(value);
    const maker = id === null ? undefined : this.#schemas.get(id);
    if (maker === undefined || typeof maker === "string") return undefined;
    try {
      return maker.text(frame.payload(value));
    } catch {
      // The check of the message says what is wrong with it.
      return undefined;
    }
  }

  prepare(
    values: Iterable<Uint8Array | null>,
    options: PrepareOptions,
  ): Promise<void> | undefined {
    const missing = new Set<SchemaId>();
    let last: SchemaId | null = null;
    const { frame } = this.#registry;
    for (const value of values) {
      const id = value === null ? null : frame.schemaId(value);
      if (id === null || id === last) continue;
      last = id;
      if (!this.#schemas.has(id)) missing.add(id);
    }
    return missing.size === 0 ? undefined : this.#fetch(missing, options);
  }

  async writer(topic: string, signal: AbortSignal): Promise<WriterSchema | undefined> {
    const subject = this.#registry.subjectOf(topic);
    const id = await this.#registry.latest(subject, signal);
    if (id === undefined) return undefined;
    const maker = this.#schemas.get(id) ??
      await this.#opened(id, await this.#registry.schema(id, signal));
    this.#schemas.set(id, maker);
    if (typeof maker === "string") return undefined;
    return { name: `schema ${id} of subject ${subject}`, misfits: maker.misfits };
  }

  async #fetch(ids: Iterable<SchemaId>, options: PrepareOptions): Promise<void> {
    const { signal, patienceMs = Infinity, onTrouble = () => {} } = options;
    const until = performance.now() + patienceMs;
    for (const id of ids) {
      const pauses = backoff(PAUSES);
      let warnedAt = -Infinity;
      for (let schema; schema === undefined;) {
        try {
          schema = await this.#registry.schema(id, signal);
        } catch (error) {
          if (signal.aborted || !(error instanceof Failure)) throw error;
          const pauseMs = pauses.next().value;
          const now = performance.now();
          if (now + pauseMs > until) throw error;
          onTrouble(error.message);
          if (now - warnedAt > WARNING_MS) {
            warnedAt = now;
            logger.warn("waiting for schema {id}; its messages stay in the topic: {error}", {
              id,
              error: messageOf(error),
            });
          }
          await sleep(pauseMs, signal);
          continue;
        }
        if (warnedAt !== -Infinity) {
          onTrouble(null);
          logger.info("fetched schema {id}", { id });
        }
        this.#schemas.set(id, await this.#opened(id, schema));
      }
    }
  }

  async #opened(id: SchemaId, schema: RegisteredSchema): Promise<PayloadMaker | string> {
    try {
      return await this.#open(schema);
    } catch (error) {
      const why = `schema ${id} of the registry cannot be used: ${messageOf(error)}`;
      logger.warn("{why}", { why });
      return why;
    }
  }
}
