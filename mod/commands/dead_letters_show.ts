import type { CommandContext } from "../cli/command.ts";
import { numberText } from "../terminal/amount_text.ts";
import { bytesText } from "../terminal/bytes_text.ts";
import { safeText } from "../terminal/safe_text.ts";
import { findDeadLetters, type FoundDeadLetter } from "./find_dead_letters.ts";
import { openLake } from "./open_lake.ts";

/** `dead-letters show`: the first of them, with their bytes. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output } = context;
  const store = await openLake(settings);
  try {
    let shown = 0;
    for await (const letter of findDeadLetters(context, store)) {
      if (shown === settings.readCount) break;
      shown++;
      output.document(deadLetterDocument(letter));
      if (!output.json) print(letter, context);
    }
    output.progress("");
    output.note(`${numberText(shown)} shown; -n, --partition, --day and --reason choose others`);
    return 0;
  } finally {
    output.progress("");
    store.close();
  }
}

/** A dead letter as JSON: bytes as text, or as base64 if they are not UTF-8. */
export function deadLetterDocument(letter: FoundDeadLetter): Record<string, unknown> {
  const { topic, partition, offset, timestamp, reason, key, value, headers, isCut } = letter;
  return {
    topic,
    partition,
    offset,
    timestamp,
    reason,
    key: bytesText(key),
    value: bytesText(value),
    headers: headers.map(([name, value]) => [name, bytesText(value)]),
    ...isCut ? { cut: true } : {},
  };
}

function print(letter: FoundDeadLetter, { output }: CommandContext): void {
  const { partition, offset, timestamp, reason, key, value, isCut } = letter;
  const name = bytesText(key);
  output.line(
    `${partition}:${offset}  ${timestamp}  key ${name === null ? "none" : safeText(name)}`,
  );
  output.line(`  ${safeText(reason)}`);
  const text = bytesText(value);
  output.line(
    `  ${text === null ? "no value (a tombstone)" : safeText(text)}${isCut ? " (cut)" : ""}`,
  );
}
