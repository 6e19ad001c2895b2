import { completedCommands, globalFlags, type Shell, SHELLS } from "../cli/completions.ts";
import { bashCompletions } from "../cli/completions_bash.ts";
import { fishCompletions } from "../cli/completions_fish.ts";
import { zshCompletions } from "../cli/completions_zsh.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";

const WRITERS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** `completions`: a script that teaches a shell our commands and flags. */
export function run({ args: [shell = ""], commands, output }: CommandContext): Promise<number> {
  if (!SHELLS.includes(shell as Shell)) {
    throw new Failure(
      "usage",
      `expected one of ${SHELLS.join(", ")}; found ${JSON.stringify(shell)}`,
    );
  }
  const script = WRITERS[shell as Shell](completedCommands(commands), globalFlags());
  if (output.json) output.document({ shell, script });
  else output.raw(script);
  return Promise.resolve(0);
}
