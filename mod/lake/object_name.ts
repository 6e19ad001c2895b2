import { Failure } from "../failure/failure.ts";

/**
 * Checks that a name (or the beginning of one) stays below the lake's root, in a directory as well as
 * in a bucket.
 * @throws {Failure} kind `failed`, for an empty part, `.`, `..`, a leading dot, a backslash or a NUL
 */
export function checkObjectName(name: string, options: { prefix?: boolean } = {}): void {
  const parts = name.split("/");
  // A prefix may end anywhere, with a `/` too.
  if (options.prefix && parts[parts.length - 1] === "") parts.pop();
  const bad = parts.some((part) => part === "" || part === "." || part === "..");
  // deno-lint-ignore no-control-regex
  if (!bad && !name.startsWith(".") && !/[\\\x00]/.test(name)) return;
  throw new Failure(
    "failed",
    `${JSON.stringify(name)} cannot name an object of the lake: expected parts between /, ` +
      "none of them empty, . or .., and no leading dot",
  );
}
