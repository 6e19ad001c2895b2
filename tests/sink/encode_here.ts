import { encode } from "../../mod/lake/format/encode.ts";
import type { Encoder } from "../../mod/lake/format/encoder.ts";

/** Encodes in this thread: one for each of many runs would take its time. */
export const encodeHere: Encoder = {
  encode: (job) => Promise.resolve([...encode(job)]),
  close() {},
};
