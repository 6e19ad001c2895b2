const DISCONNECTIONS = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
  Deno.errors.UnexpectedEof,
  Deno.errors.BadResource,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
];

/**
 * For an error of a proxy's connection. Either side may go at any time, that is what the proxy is for;
 * anything else is a mistake of the test's and is printed.
 */
export function reportDefect(error: unknown): void {
  if (DISCONNECTIONS.some((kind) => error instanceof kind)) return;
  console.error("a test's proxy failed:", error);
}
