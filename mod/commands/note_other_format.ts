import { Failure } from "../failure/failure.ts";
import type { Output } from "../terminal/output.ts";

/**
 * Warns, instead of failing, that the lake has the table in the other format.
 * @param check throws a failure of kind `usage` if it has
 */
export async function noteOtherFormat(check: Promise<void>, output: Output): Promise<void> {
  try {
    await check;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "usage") throw error;
    output.note(`warning: ${error.message}`, error.fix);
  }
}
