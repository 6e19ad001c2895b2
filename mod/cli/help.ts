import {
  ALL_SETTINGS,
  GROUPS,
  type Setting,
  type SettingGroup,
  SETTINGS,
  takes,
} from "../config/settings.ts";
import { columns, wrap } from "./columns.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./flags_of.ts";
import { settingNotes, settingTerm } from "./setting_text.ts";

/** How help is written. */
export interface HelpStyle {
  /** Columns of the terminal. */
  width: number;
  /** Whether headings are bold. */
  colour: boolean;
}

/** Exit codes, as all commands keep them. */
export const EXIT_CODE_ROWS: ReadonlyArray<readonly [code: string, meaning: string]> = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "wrong usage or settings"],
  ["3", "a service could not be reached, or refused; retrying may help"],
  ["4", "data was rejected (--strict), or could not be verified (verify)"],
];

/** Examples that `-h` shows. */
const BRIEF_EXAMPLES = 2;

/** Options that `-h` shows of a command that does not choose them. */
const BRIEF_OPTIONS = 6;

/** Commands without a module in mod/commands. */
const BUILT_IN: ReadonlyArray<readonly [name: string, summary: string]> = [
  ["help [command]", "Print a command's full help"],
  ["version", "Print the version"],
];

const ABOUT = "Carries quotes from files through Kafka into an S3 lake, exactly once.";

/** `ticklake -h`: the commands. */
export function briefProgramHelp(commands: readonly Command[], style: HelpStyle): string {
  return document([
    ABOUT,
    "",
    ...heading("Usage", style),
    "  ticklake <command> [options]",
    "",
    ...heading("Commands", style),
    ...columns(commands.map(({ name, summary }) => [name, summary]), style.width),
    "",
    "`ticklake <command> -h` shows the usual options, `--help` shows all of them.",
  ]);
}

/** `ticklake --help`: the same with built-in commands, common options and exit codes. */
export function fullProgramHelp(commands: readonly Command[], style: HelpStyle): string {
  const common = ALL_SETTINGS.flatMap(([, setting]) =>
    setting.commands === "all" && setting.flag !== undefined ? [setting] : []
  );
  return document([
    ABOUT,
    "",
    ...heading("Usage", style),
    "  ticklake <command> [options]",
    "",
    ...heading("Commands", style),
    ...columns(
      [...commands.map(({ name, summary }) => [name, summary] as const), ...BUILT_IN],
      style.width,
    ),
    "",
    ...heading("Options of every command", style),
    ...columns([...common.map(fullRow), ...HELP_ROWS, VERSION_ROW], style.width),
    "",
    ...exitCodes(style),
    "",
    ...wrap(
      "Settings come from flags, the environment, .env and defaults, in that order; `ticklake config` shows the effective values.",
      style.width,
    ),
  ]);
}

/** `ticklake COMMAND -h`: usage, two examples and the usual options, in 25 lines. */
export function briefHelp(command: Command, style: HelpStyle): string {
  const flags = flagsOf(command.name);
  const chosen = command.essential?.map((key) => SETTINGS[key] as Setting) ??
    flags.filter(([, { commands }]) => commands !== "all").slice(0, BRIEF_OPTIONS)
      .map(([, setting]) => setting);
  const rows = [
    ...chosen.map((setting) => [settingTerm(setting), shortly(setting)] as const),
    ["--help", "Show all options"] as const,
  ];
  return document([
    ...wrap(`${command.summary}.`, style.width),
    "",
    ...usage(command, style),
    "",
    ...examples(command, BRIEF_EXAMPLES, style),
    "",
    ...heading("Options", style),
    ...columns(rows, style.width),
  ]);
}

/** `ticklake COMMAND --help`: everything, its options in groups. */
export function fullHelp(command: Command, style: HelpStyle): string {
  return document([
    ...wrap(command.description, style.width),
    "",
    ...usage(command, style),
    "",
    ...examples(command, Infinity, style),
    ...groupsOf(command).flatMap(([group, settings]) => [
      "",
      ...heading(GROUPS[group], style),
      ...columns(
        [...settings.map(fullRow), ...(group === "common" ? HELP_ROWS : [])],
        style.width,
      ),
    ]),
    "",
    ...exitCodes(style),
  ]);
}

/** A command's settings by group, flags before those that are environment names only. */
export function groupsOf(command: Command): Array<[SettingGroup, Setting[]]> {
  const flags = flagsOf(command.name).map(([, setting]) => setting);
  const names = command.name === "config"
    ? []
    : ALL_SETTINGS.flatMap(([key, setting]) =>
      setting.flag === undefined && takes(command.name, key) ? [setting] : []
    );
  const all = [...flags, ...names];
  return (Object.keys(GROUPS) as SettingGroup[]).flatMap((group) => {
    const settings = all.filter((setting) => setting.group === group);
    return settings.length > 0 || group === "common" ? [[group, settings]] : [];
  });
}

const HELP_ROWS: ReadonlyArray<readonly [string, string]> = [
  ["-h", "Print brief help"],
  ["--help", "Print full help"],
];

const VERSION_ROW = ["-V, --version", "Print the version"] as const;

function fullRow(setting: Setting): readonly [string, string] {
  return [settingTerm(setting), describe(setting, true)];
}

function describe(setting: Setting, names: boolean): string {
  const notes = settingNotes(setting, names);
  return notes.length === 0 ? setting.description : `${setting.description} (${notes.join("; ")})`;
}

/** The description without its default. */
function shortly(setting: Setting): string {
  return describe(setting, false).replace(/; (defaults to|detected) .+/, "");
}

function usage({ name, arguments: words }: Command, style: HelpStyle): string[] {
  return [
    ...heading("Usage", style),
    `  ticklake ${name} [options]${words === undefined ? "" : ` ${words}`}`,
  ];
}

function examples({ examples }: Command, most: number, style: HelpStyle): string[] {
  return [
    ...heading("Examples", style),
    ...examples.slice(0, most).flatMap(([line, does]) => [`  ${line}`, `      ${does}`]),
  ];
}

function exitCodes(style: HelpStyle): string[] {
  return [...heading("Exit codes", style), ...columns(EXIT_CODE_ROWS, style.width)];
}

function heading(text: string, { colour }: HelpStyle): string[] {
  return [colour ? `\x1b[1m${text}:\x1b[0m` : `${text}:`];
}

function document(lines: string[]): string {
  return lines.join("\n") + "\n";
}
