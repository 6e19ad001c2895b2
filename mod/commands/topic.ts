import { Failure } from "../failure/failure.ts";
import type { CommandContext } from "../cli/command.ts";

/** What `topic` can do, with the module of each. */
const ACTIONS: Record<string, () => Promise<{ run(context: CommandContext): Promise<number> }>> = {
  list: () => import("./topic_list.ts"),
  show: () => import("./topic_show.ts"),
  read: () => import("./topic_read.ts"),
};

/** `topic`: inspects the broker's topics; never commits offsets. */
export async function run(context: CommandContext): Promise<number> {
  const [action = "", name, ...rest] = context.args;
  if (!Object.hasOwn(ACTIONS, action)) {
    const found = action === "" ? "nothing" : JSON.stringify(action);
    throw new Failure(
      "usage",
      `topic: expected one of ${Object.keys(ACTIONS).join(", ")}; found ${found}`,
      { fix: "`ticklake topic read -n 5` shows the last five messages." },
    );
  }
  if (rest.length > 0) {
    throw new Failure("usage", `unexpected argument ${JSON.stringify(rest[0])}`);
  }
  const { run } = await ACTIONS[action]();
  const topic = name ?? context.settings.topic;
  return await run({ ...context, settings: { ...context.settings, topic } });
}
