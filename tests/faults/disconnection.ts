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
 * For an error on a proxy's connection. Either side may disconnect at any time, that is what the proxy is for;
 * anything else is a defect of the test and is printed.
 */
export function reportDefect(error: unknown): void {
  if (DISCONNECTIONS.some((kind) => error instanceof kind)) return;
  console.error("a test's proxy failed:", error);
}
