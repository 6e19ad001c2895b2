import type { CompletedCommand, CompletedFlag } from "./completions.ts";

/** Completions for fish. */
export function fishCompletions(commands: CompletedCommand[], globals: CompletedFlag[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = [
    "# fish completion for ticklake: ticklake completions fish | source",
    "complete -c ticklake -f",
  ];
  const none = `-n ${quoted(`not __fish_seen_subcommand_from ${names}`)}`;
  for (const { name, summary } of commands) {
    lines.push(`complete -c ticklake ${none} -a ${name} -d ${quoted(summary)}`);
  }
  for (const flag of globals) lines.push(flagLine(none, flag));
  for (const { name, flags, words } of commands) {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    if (words.length > 0) lines.push(`complete -c ticklake ${seen} -a ${quoted(words.join(" "))}`);
    for (const flag of flags) lines.push(flagLine(seen, flag));
  }
  return lines.join("\n") + "\n";
}

function flagLine(condition: string, { flag, short, description, value }: CompletedFlag): string {
  const parts = [`complete -c ticklake ${condition} -l ${flag.slice(2)}`];
  if (short !== undefined) parts.push(`-s ${short.slice(1)}`);
  if (value === "file") parts.push("-r -F");
  else if (value === "other") parts.push("-x");
  else if (value !== "none") parts.push(`-x -a ${quoted(value.join(" "))}`);
  parts.push(`-d ${quoted(description)}`);
  return parts.join(" ");
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
