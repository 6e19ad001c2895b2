/** A message's fields by their names. */
export type Fields = Record<string, unknown>;
