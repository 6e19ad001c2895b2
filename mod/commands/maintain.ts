import type { CommandContext } from "../cli/command.ts";

/** `maintain`: keeps a table's files few and its folders clean; for cron, safe beside consume. */
export async function run(context: CommandContext): Promise<number> {
  const { run } = context.settings.tableFormat === "hive"
    ? await import("./maintain_hive.ts")
    : await import("./maintain_iceberg.ts");
  return await run(context);
}
