/**
 * Value of a metric with exactly these labels, `command` left out, in Prometheus's text.
 * @throws when there is none
 */
export function metricValue(
  text: string,
  name: string,
  labels: Record<string, string> = {},
): number {
  for (const line of text.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null || match[1] !== name) continue;
    const found = Object.fromEntries(
      [...(match[2] ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    delete found.command;
    if (JSON.stringify(found) === JSON.stringify(labels)) return Number(match[3]);
  }
  throw new Error(`no ${name} ${JSON.stringify(labels)} in\n${text}`);
}
