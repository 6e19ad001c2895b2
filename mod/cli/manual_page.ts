import { GROUPS, type Setting } from "../config/settings.ts";
import type { Command } from "./command.ts";
import { EXIT_CODE_ROWS, groupsOf } from "./help.ts";
import { settingNotes, settingTerm } from "./setting_text.ts";

/** The manual page of section 1, in the macros of man(7), from the same tables as the help. */
export function manualPage(commands: readonly Command[], version: string): string {
  return [
    `.TH TICKLAKE 1 "" "ticklake ${quoted(version)}" "User Commands"`,
    ".SH NAME",
    "ticklake \\- quotes from files through Kafka into an S3 lake, exactly once",
    ".SH SYNOPSIS",
    ".B ticklake",
    ".I command",
    ".RI [ options ]",
    ".SH DESCRIPTION",
    text(
      "Results go to standard output (--json for scripts), everything else to standard error. " +
        "Each setting is a flag, an environment variable or a line in .env, in that order of precedence; " +
        "`ticklake config` shows the effective ones. Without Kafka and S3, an embedded log and a " +
        "directory take their place.",
    ),
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...commonSettings(commands).flatMap(settingLines),
    ".SH EXIT STATUS",
    ...EXIT_CODE_ROWS.flatMap(([code, meaning]) => [".TP", `.B ${code}`, text(meaning)]),
    ".SH FILES",
    ".TP",
    ".I .env",
    "NAME=value lines, read from the current directory.",
    ".TP",
    ".I .ticklake",
    "The embedded log, lake and catalog.",
  ].join("\n") + "\n";
}

function commandLines(command: Command): string[] {
  const words = command.arguments === undefined ? "" : ` ${command.arguments}`;
  return [
    `.SS "ticklake ${quoted(command.name)} [options]${quoted(words)}"`,
    text(command.description),
    ...groupsOf(command).flatMap(([group, settings]) => {
      const own = settings.filter(({ commands }) => commands !== "all");
      return own.length === 0 ? [] : [".PP", `.I ${GROUPS[group]}`, ...own.flatMap(settingLines)];
    }),
    ".PP",
    ".I Examples",
    ...command.examples.flatMap(([line, does]) => [".TP", `.B ${text(line)}`, text(does)]),
  ];
}

function commonSettings(commands: readonly Command[]): Setting[] {
  return groupsOf(commands[0]).flatMap(([, settings]) => settings)
    .filter(({ commands }) => commands === "all");
}

function settingLines(setting: Setting): string[] {
  const notes = settingNotes(setting, true);
  return [
    ".TP",
    `.B ${text(settingTerm(setting))}`,
    text(`${setting.description}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`),
  ];
}

/** Text as troff prints it: a hyphen that can be copied, and no line that is taken for a request. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Text within the quotes of a request's argument. */
function quoted(plain: string): string {
  return text(plain).replaceAll('"', '""');
}
