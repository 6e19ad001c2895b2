import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";

/** The failure with which a promise is rejected. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(() => null, (error) => error);
  assert.ok(error instanceof Failure, String(error?.stack ?? "no error"));
  return error;
}
