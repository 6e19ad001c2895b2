import type { CommandContext } from "../cli/command.ts";
import { countText } from "../terminal/amount_text.ts";
import { safeText } from "../terminal/safe_text.ts";
import { deadLetterDocument } from "./dead_letters_show.ts";
import { findDeadLetters } from "./find_dead_letters.ts";
import { openLake } from "./open_lake.ts";

/** `dead-letters export`: all of them as JSON lines on standard output. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output } = context;
  const store = await openLake(settings);
  let count = 0;
  try {
    for await (const letter of findDeadLetters(context, store)) {
      output.raw(safeText(JSON.stringify(deadLetterDocument(letter))) + "\n");
      count++;
    }
    output.progress("");
    output.note(`${countText(count, "dead letter")} exported`);
    return 0;
  } finally {
    output.progress("");
    store.close();
  }
}
