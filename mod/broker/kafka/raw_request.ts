import type { Buffer } from "node:buffer";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";

/** A request of which we write and read the bytes, in the form in which kafkajs sends requests. */
export interface RawRequest<T> {
  request: {
    apiKey: number;
    apiVersion: number;
    apiName: string;
    encode(): Buffer;
  };
  response: {
    // deno-lint-ignore no-explicit-any -- what `decode` gives, `parse` takes.
    decode(payload: Buffer): any;
    // deno-lint-ignore no-explicit-any
    parse(decoded: any): T;
  };
  /** Milliseconds, instead of the connection's. */
  requestTimeout?: number;
}

/** The error of a code in a broker's answer. */
export function protocolError(code: number): Error {
  return createErrorFromCode(code);
}
