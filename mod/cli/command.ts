import type { LoadedSettings } from "../config/load.ts";
import type { CommandName, SettingKey, Settings } from "../config/settings.ts";
import type { Output } from "../terminal/output.ts";

/** One subcommand, as the help, the completions and `main.ts` need it. */
export interface Command {
  name: CommandName;
  /** One line for the list of commands. */
  summary: string;
  /** A paragraph for the command's own help. */
  description: string;
  /** Words after the command, in commander's notation, such as `[sql]`. */
  arguments?: string;
  /** The possible words, if known; for completions. */
  words?: readonly string[];
  /** Example command lines, each with a description. */
  examples: ReadonlyArray<readonly [line: string, does: string]>;
  /** Settings that `-h` shows, as flags. @default {the first of its own} */
  essential?: readonly SettingKey[];
  /** Loads the module, so that `--help` loads no SDK. */
  load(): Promise<CommandModule>;
}

/** What a subcommand gets to work with. */
export interface CommandContext {
  settings: Settings;
  /** Where each setting came from. */
  loaded: LoadedSettings;
  /** All subcommands, in the order of the help. */
  commands: readonly Command[];
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
