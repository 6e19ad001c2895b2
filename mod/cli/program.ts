import { Command as Commander, CommanderError, Option } from "commander";
import { ALL_SETTINGS, type Setting, type SettingKey } from "../config/settings.ts";
import { nearestName } from "../config/nearest_name.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./flags_of.ts";
import { briefHelp, briefProgramHelp, fullHelp, fullProgramHelp, type HelpStyle } from "./help.ts";
import { placeholderOf } from "./setting_text.ts";

/** What a command line asks for. */
export interface Invocation {
  command: Command;
  /** Words after the subcommand. */
  args: string[];
  /** Values of the flags that were given. */
  flags: Partial<Record<SettingKey, string | boolean>>;
}

/**
 * The result of parsing a command line: something to run, or an exit code (after help or an error).
 */
export type ParsedLine = { invocation: Invocation } | { exitCode: number };

/** Where help and errors of the command line go, and how help is written. */
export interface LineOutput extends HelpStyle {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

/**
 * Reads a command line by the command and settings tables. Help goes to standard output, what is
 * wrong to standard error.
 * @param words the command line without the program's name
 * @param commands all subcommands, in the order of the help
 */
export function parseLine(
  words: string[],
  version: string,
  commands: readonly Command[],
  output: LineOutput,
): ParsedLine {
  let invocation: Invocation | undefined;
  // Both are one option to commander; the first that was given counts.
  const brief = words.find((word) => word === "-h" || word === "--help") === "-h";
  const program = new Commander("ticklake")
    .version(version, "-V, --version")
    .helpOption("-h, --help")
    .helpCommand(false)
    .showHelpAfterError("`ticklake --help` lists the commands")
    .enablePositionalOptions()
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .exitOverride();
  // Without a word it is an error, and what there is.
  program.helpInformation = () =>
    (brief || words.length === 0 ? briefProgramHelp : fullProgramHelp)(commands, output);
  const common = ALL_SETTINGS.filter(([, { commands, flag }]) => commands === "all" && flag);
  for (const [, setting] of common) addOptions(program, setting);
  for (const command of commands) {
    const sub = program.command(command.name)
      .showHelpAfterError(`\`ticklake ${command.name} -h\` shows the options`)
      .exitOverride();
    sub.helpInformation = () => (brief ? briefHelp : fullHelp)(command, output);
    if (command.arguments !== undefined) sub.arguments(command.arguments);
    const own = flagsOf(command.name);
    for (const [, setting] of own) addOptions(sub, setting);
    sub.action(() => {
      // Options common to all commands may also precede the command; those after it win.
      const flags = { ...givenFlags(program, common), ...givenFlags(sub, own) };
      invocation = { command, args: sub.args, flags };
    });
  }
  addBuiltIns(program, version, commands, output);
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  return invocation === undefined ? { exitCode: 0 } : { invocation };
}

/** `help [command]` and `version`. */
function addBuiltIns(
  program: Commander,
  version: string,
  commands: readonly Command[],
  output: LineOutput,
): void {
  program.command("version").exitOverride().action(() => output.out(`${version}\n`));
  // The words of a command, such as `dead-letters replay`, have one help.
  program.command("help").argument("[command...]").exitOverride().action(([name]: string[]) => {
    const command = commands.find((command) => command.name === name);
    if (command !== undefined) return output.out(fullHelp(command, output));
    if (name === undefined || name === "help" || name === "version") {
      return output.out(fullProgramHelp(commands, output));
    }
    const near = nearestName(name, commands.map(({ name }) => name));
    const hint = near === undefined ? "" : `\n(Did you mean ${near}?)`;
    program.error(`error: unknown command '${name}'${hint}`);
  });
}

type FlagSettings = ReadonlyArray<readonly [SettingKey, Setting]>;

function addOptions(target: Commander, setting: Setting): void {
  const { flag, short, type, env } = setting;
  const flags = short === undefined ? flag! : `${short}, ${flag}`;
  // commander reads blanks, commas and bars as the end of a flag.
  const placeholder = placeholderOf(setting).replace(/^<.*[ ,|].*>$/, "<value>");
  const option = new Option(`${flags} ${placeholder}`.trim());
  if (setting.many === true) {
    option.argParser((value: string, before?: string) =>
      before === undefined ? value : `${before}\n${value}`
    );
  }
  target.addOption(option);
  // Else nothing on the command line could take back what the environment says.
  if (type === "boolean" && env !== undefined) {
    target.addOption(new Option(flag!.replace("--", "--no-")));
  }
}

function givenFlags(target: Commander, taken: FlagSettings): Invocation["flags"] {
  const given: Invocation["flags"] = {};
  for (const [key, { flag }] of taken) {
    const name = new Option(flag!).attributeName();
    if (target.getOptionValueSource(name) === "cli") given[key] = target.getOptionValue(name);
  }
  return given;
}
