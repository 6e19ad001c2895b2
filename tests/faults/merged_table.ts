/**
 * The table of the docs with some of its lines measured again. The other lines stay, and so does what was
 * said about their measurement.
 * @param former what stands in the docs
 * @param measured how the new lines were measured, a sentence
 * @param lines the new lines
 * @param claims of all faults, in the table's order; a former line of none of them goes
 * @param head see `headS`
 */
export function mergedTable(
  former: string,
  measured: string,
  lines: readonly string[],
  claims: readonly string[],
  head: string,
): string {
  const [said, rows] = former.split(head);
  const byClaim = new Map<string, string>();
  for (const line of [...(rows ?? "").split("\n"), ...lines]) {
    const claim = /^\| (.*?) \|/.exec(line)?.[1];
    if (claim !== undefined) byClaim.set(claim, line);
  }
  const kept = claims.flatMap((claim) => byClaim.get(claim) ?? []);
  return [said.trim(), measured, [head, ...kept].join("\n")].filter(Boolean).join("\n\n");
}
