import type { LoadedSettings } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import type { Output } from "./output.ts";

/** What a subcommand gets to work with. */
export interface CommandContext {
  settings: Settings;
  /** Where each setting came from. */
  loaded: LoadedSettings;
  /** Words after the subcommand, such as the SQL of `query`. */
  args: string[];
  /** Standard output and standard error. */
  output: Output;
  /** Aborts at the first SIGINT or SIGTERM: finish cleanly. */
  signal: AbortSignal;
}

/** A module of mod/commands: runs the subcommand and gives its exit code. */
export interface CommandModule {
  run(context: CommandContext): Promise<number>;
}
