import { Failure } from "../failure/failure.ts";
import { type FileForm, formatByName } from "./file_form.ts";

const BRACKET = 0x5b;

/**
 * Refuses a file that is one JSON array, as its objects are not one per line. Only if the format is
 * neither set nor given by the file's name.
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
