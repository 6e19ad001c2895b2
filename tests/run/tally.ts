/** How tests ended. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * What `deno test` printed as its last line. A run that failed without such a line, or with one that
 * shows no failure, counts as one more failure: a crash is never a pass.
 */
export function readSummary(output: string, success: boolean): Tally {
  const plain = withoutColours(output);
  const line = plain.match(/^(?:ok|FAILED) \| \d+ passed.*$/gm)?.at(-1) ?? "";
  const count = (word: string) => Number(line.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const failed = count("failed");
  return {
    passed: count("passed"),
    failed: success ? failed : Math.max(failed, 1),
    skipped: count("ignored"),
  };
}

/** The lines of `deno test`'s output that name the tests that failed. */
export function failedTests(output: string): string[] {
  const [, failures = ""] = withoutColours(output).split("\n FAILURES \n");
  return failures.split("\n").filter((line) => line.includes(" => "));
}

function withoutColours(output: string): string {
  // deno-lint-ignore no-control-regex
  return output.replace(/\x1b\[[0-9;]*m/g, "");
}

/** All of them together. */
export function addUp(tallies: Tally[]): Tally {
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}
