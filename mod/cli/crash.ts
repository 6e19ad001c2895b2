/**
 * Has errors that nothing catches reported like those that reach the end of a command: the runtime's own report would
 * have secrets in it. The process then ends.
 * @param report writes the error, and gives the exit code
 */
export function reportCrashes(report: (error: unknown) => number): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    Deno.exit(report(error));
  };
  addEventListener("error", (event) => end(event, event.error));
  addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
