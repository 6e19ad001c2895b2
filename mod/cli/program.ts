import { Command as Commander, CommanderError, Option } from "commander";
import { ALL_SETTINGS, type Setting, type SettingKey, takes } from "../config/settings.ts";
import { formatValue } from "../config/value.ts";
import type { Command } from "./command.ts";
import { flagsOf } from "./flags_of.ts";

/** What a command line asks for. */
export interface Invocation {
  command: Command;
  /** Words after the subcommand. */
  args: string[];
  /** Values of the flags that were given. */
  flags: Partial<Record<SettingKey, string | boolean>>;
}

/** What reading a command line comes to: something to run, or an exit code (after help, or an error). */
export type ParsedLine = { invocation: Invocation } | { exitCode: number };

const EXIT_CODE_HELP = `
Exit codes:
  0  done                     2  wrong usage or settings
  1  failed                   3  a service could not be reached or refused us
                              4  data was rejected (--strict, verify)`;

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
): ParsedLine {
  let invocation: Invocation | undefined;
  const program = new Commander("ticklake")
    .description("Carries stock-index quotes from CSV through Kafka into an S3 lake, exactly once.")
    .version(version, "-V, --version", "Print the version")
    .helpOption("-h, --help", "Print help")
    .helpCommand("help [command]", "Print the help of a command")
    .addHelpText("after", EXIT_CODE_HELP)
    .showHelpAfterError("`ticklake --help` lists the commands")
    .enablePositionalOptions()
    .exitOverride();
  const common = ALL_SETTINGS.filter(([, { commands, flag }]) => commands === "all" && flag);
  for (const [, setting] of common) addOptions(program, setting);
  for (const command of commands) {
    const sub = program.command(command.name)
      .summary(command.summary)
      .description(command.description)
      .showHelpAfterError(`\`ticklake ${command.name} --help\` lists the options`)
      .exitOverride()
      .addHelpText(
        "after",
        environmentHelp(command) + examplesHelp(command) + "\n" + EXIT_CODE_HELP,
      );
    if (command.arguments !== undefined) sub.arguments(command.arguments);
    const own = flagsOf(command.name);
    for (const [, setting] of own) addOptions(sub, setting);
    sub.action(() => {
      // Options that all commands take may stand before the command too; those after it win.
      const flags = { ...givenFlags(program, common), ...givenFlags(sub, own) };
      invocation = { command, args: sub.args, flags };
    });
  }
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  return invocation === undefined ? { exitCode: 2 } : { invocation };
}

type FlagSettings = ReadonlyArray<readonly [SettingKey, Setting]>;

function addOptions(target: Commander, setting: Setting): void {
  const { flag, type, env } = setting;
  target.addOption(option(setting));
  // Else nothing on the command line could take back what the environment says.
  if (type === "boolean" && env !== undefined) {
    target.addOption(new Option(flag!.replace("--", "--no-")).hideHelp());
  }
}

function option(setting: Setting): Option {
  const flags = setting.short === undefined ? setting.flag! : `${setting.short}, ${setting.flag}`;
  const parts = [setting.description];
  if (setting.choices !== undefined) parts.push(`one of ${setting.choices.join(", ")}`);
  if (setting.default !== undefined && setting.type !== "boolean") {
    parts.push(`default ${formatValue(setting.type, setting.default)}`);
  }
  if (setting.env !== undefined) parts.push(setting.env);
  const [description, ...rest] = parts;
  const text = rest.length === 0 ? description : `${description} (${rest.join("; ")})`;
  const made = new Option(setting.type === "boolean" ? flags : `${flags} <${setting.type}>`, text);
  if (setting.many === true) {
    made.argParser((value: string, before?: string) =>
      before === undefined ? value : `${before}\n${value}`
    );
  }
  return made;
}

function givenFlags(target: Commander, taken: FlagSettings): Invocation["flags"] {
  const given: Invocation["flags"] = {};
  for (const [key, { flag }] of taken) {
    const name = new Option(flag!).attributeName();
    if (target.getOptionValueSource(name) === "cli") given[key] = target.getOptionValue(name);
  }
  return given;
}

/** Settings that are no flags: secrets, and what is the same for all commands of a host. */
function environmentHelp({ name }: Command): string {
  const settings = ALL_SETTINGS.filter(([key, { flag }]) => flag === undefined && takes(name, key));
  if (settings.length === 0 || name === "config") return "";
  const lines = settings.map(([, { env, description, choices }]) =>
    `  ${choices === undefined ? env : `${env}=${choices.join("|")}`}\n      ${description}`
  );
  return `\nIn the environment or .env only:\n${lines.join("\n")}\n`;
}

function examplesHelp(command: Command): string {
  const lines = command.examples.map(([line, does]) => `  ${line}\n      ${does}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
