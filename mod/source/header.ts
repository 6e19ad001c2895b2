import { Failure } from "../failure/failure.ts";
import { found } from "../schema/value_text.ts";
import type { RowSchema } from "../schema/schema.ts";
import { splitRecord } from "./split_record.ts";

/** Where a file has the schema's columns. */
export interface Header {
  /** Number of fields that a row must have. */
  fieldCount: number;
  /** For each column of the schema the index of its field, -1 for an optional one that is not there. */
  fieldOf: number[];
}

/**
 * Finds the schema's columns in a file's first line, by their names, in any order. Columns that the
 * schema does not know are ignored.
 * @param file the file's name, for messages
 * @throws {Failure} kind `usage`, naming the columns that are missing or there more than once
 */
export function readHeader(line: Uint8Array, schema: RowSchema, file: string): Header {
  if (line.length === 0) {
    throw new Failure("usage", `${file} is empty: expected a header such as ${wires(schema)}`);
  }
  const names = splitRecord(line)?.map((name) => new TextDecoder().decode(name));
  if (names === undefined) {
    throw new Failure("usage", `${file}: the header's quotes do not match`);
  }
  const fieldOf = schema.columns.map(({ wire }) => names.indexOf(wire));
  const missing = schema.columns.filter(({ required }, c) => required && fieldOf[c] === -1);
  if (missing.length > 0) {
    const wanted = missing.map(({ wire }) => wire).join(", ");
    const columns = missing.length === 1 ? "column" : "columns";
    throw new Failure(
      "usage",
      `${file}: no ${columns} ${wanted}; the header is ${shown(names)}`,
      {
        fix: line.includes(0)
          ? "The file looks like UTF-16: save it as UTF-8."
          : "Name the columns in the file's first line as the schema does, or give another --schema.",
      },
    );
  }
  const repeated = schema.columns.filter(({ wire }) =>
    names.indexOf(wire) !== names.lastIndexOf(wire)
  );
  if (repeated.length > 0) {
    const wanted = repeated.map(({ wire }) => wire).join(", ");
    throw new Failure("usage", `${file}: more than one column ${wanted}`, {
      fix: "Leave each column in the file once.",
    });
  }
  return { fieldCount: names.length, fieldOf };
}

/** A header as a message shows it: enough of it to see what the file is. */
function shown(names: string[]): string {
  const some = names.slice(0, 12).map(found).join(", ");
  return names.length > 12 ? `${some} and ${names.length - 12} more` : some;
}

function wires(schema: RowSchema): string {
  return schema.columns.map(({ wire }) => wire).join(",");
}
