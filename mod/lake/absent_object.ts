import { Failure } from "../failure/failure.ts";

/**
 * The store's own answer that it has no object of a name. Every other failure of a read, also a permanent
 * refusal, leaves open whether there is one, so nothing may be recreated or counted as gone because of it.
 */
export class AbsentObject extends Failure {
  /** @param object how people find it, such as `s3://bucket/key` */
  constructor(object: string, options: { cause?: unknown } = {}) {
    super("failed", `${object}: no such object`, options);
  }
}
