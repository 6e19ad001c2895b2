import type { Column, RowSchema } from "../schema/schema.ts";

/** The columns that messages carry in their value. */
export function sentColumns({ columns }: RowSchema): Column[] {
  return columns.filter(({ from }) => from === undefined);
}

/** What a column is called in Avro and Protobuf, where names have letters, digits and `_` only. */
export function fieldName({ wire, name }: Column): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(wire) ? wire : name;
}
