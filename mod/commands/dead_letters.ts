import { Failure } from "../failure/failure.ts";
import type { CommandContext } from "../cli/command.ts";

/** What `dead-letters` can do, with the module of each. */
const ACTIONS: Record<string, () => Promise<{ run(context: CommandContext): Promise<number> }>> = {
  list: () => import("./dead_letters_list.ts"),
  show: () => import("./dead_letters_show.ts"),
  export: () => import("./dead_letters_export.ts"),
  replay: () => import("./dead_letters_replay.ts"),
};

/** `dead-letters`: the rejected messages. */
export async function run(context: CommandContext): Promise<number> {
  const [action = "list", ...rest] = context.args;
  if (!Object.hasOwn(ACTIONS, action)) {
    throw new Failure(
      "usage",
      `dead-letters: expected one of ${Object.keys(ACTIONS).join(", ")}; ` +
        `found ${JSON.stringify(action)}`,
    );
  }
  if (rest.length > 0) {
    throw new Failure("usage", `unexpected argument ${JSON.stringify(rest[0])}`);
  }
  const { run } = await ACTIONS[action]();
  return await run(context);
}
