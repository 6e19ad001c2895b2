/** A test that is skipped where something is missing. The run's end says why. */
export interface SkippableTest
  extends Pick<Deno.TestDefinition, "sanitizeOps" | "sanitizeResources"> {
  name: string;
  /** What is missing on this host, for people; empty where the test can run. */
  missing: readonly string[];
  fn(t: Deno.TestContext): void | Promise<void>;
}

/** Registers a test, or the fact that it is skipped. */
export function skippableTest({ missing, ...test }: SkippableTest): void {
  if (missing.length === 0) return Deno.test(test);
  Deno.test({ ...test, ignore: true });
  const record = Deno.env.get("TEST_SKIPPED_FILE");
  if (!record) return;
  const line = JSON.stringify({ name: test.name, reasons: missing });
  Deno.writeTextFileSync(record, line + "\n", { append: true });
}

/**
 * What is missing where a program is not installed: in CI nothing ever is, so that the test fails there
 * instead of being skipped.
 */
export function missingProgram(program: string): string[] {
  if (Deno.env.get("CI") === "true" || isInstalled(program)) return [];
  return [`${program} is not installed`];
}

/** What is missing where systemd's own checks cannot be asked; a container often has no systemd. */
export function missingSystemd(): string[] {
  return isInstalled("systemd-analyze") ? [] : ["systemd-analyze is not installed"];
}

function isInstalled(program: string): boolean {
  return Deno.env.get("PATH")!.split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
