import { Failure } from "../failure/failure.ts";
import { type FileForm, formatByName } from "./file_form.ts";

const BRACKET = 0x5b;

/**
 * Refuses an array that holds all of a file's objects: they are not one a line. Only where nothing but
 * the beginning says what the file is.
 * @param first its first byte that is no blank
 * @throws {Failure} kind `usage`
 */
export function refuseArray(
  first: number | undefined,
  { format, name }: Pick<FileForm, "format" | "name">,
): void {
  if (first !== BRACKET || (format ?? formatByName(name)) !== undefined) return;
  throw new Failure("usage", `${name} is a JSON array: expected a JSON object in each line`, {
    fix: `jq -c '.[]' ${name === "stdin" ? "FILE" : name} | ticklake produce --input -`,
  });
}
