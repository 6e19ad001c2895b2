import { ALL_SETTINGS, type Setting } from "../config/settings.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./flags_of.ts";

/** Shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that completions are written for. */
export type Shell = (typeof SHELLS)[number];

/** A flag as a shell completes it. */
export interface CompletedFlag {
  /** Such as `--topic`. */
  flag: string;
  /** Such as `-n`. */
  short?: string;
  description: string;
  /** Its value: none, one of some words, a file's name, or something else. */
  value: "none" | "file" | "other" | readonly string[];
}

/** A subcommand as a shell completes it. */
export interface CompletedCommand {
  name: string;
  summary: string;
  flags: CompletedFlag[];
  /** The possible words after it, if known. */
  words: readonly string[];
}

/** What all commands take, besides their own flags. */
const HELP: CompletedFlag = {
  flag: "--help",
  short: "-h",
  description: "Print help",
  value: "none",
};

/** What a shell has to know of the commands, from the tables of commands and settings. */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    flags: [...flagsOf(command.name).map(([, setting]) => completed(setting)), HELP],
    words: command.words ?? [],
  }));
}

/** Flags that may precede the command. */
export function globalFlags(): CompletedFlag[] {
  const common = ALL_SETTINGS.filter(([, { commands, flag }]) => commands === "all" && flag);
  const version = { flag: "--version", short: "-V", description: "Print the version" };
  return [...common.map(([, setting]) => completed(setting)), HELP, { ...version, value: "none" }];
}

function completed({ flag, short, description, type, choices }: Setting): CompletedFlag {
  const value = choices ?? VALUES[type] ?? "other";
  return { flag: flag!, short, description, value };
}

/** Text may be a file's name; numbers and the like are not. */
const VALUES: Partial<Record<Setting["type"], CompletedFlag["value"]>> = {
  boolean: "none",
  string: "file",
};
