import type { CommandContext } from "../cli/context.ts";
export async function run(_: CommandContext): Promise<number> {
  return 1;
}
