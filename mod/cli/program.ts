import { Command as Commander, CommanderError, Option } from "commander";
import { ALL_SETTINGS, type Setting, type SettingKey, takes } from "../config/settings.ts";
import { formatValue } from "../config/value.ts";
import { type Command, COMMANDS } from "./commands.ts";

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
 */
export function parseLine(words: string[], version: string): ParsedLine {
  let invocation: Invocation | undefined;
  const program = new Commander("ticklake")
    .description("Carries stock-index quotes from CSV through Kafka into an S3 lake, exactly once.")
    .version(version, "-V, --version")
    .helpOption("-h, --help")
    .addHelpText("after", EXIT_CODE_HELP)
    .exitOverride();
  for (const command of COMMANDS) {
    const sub = program.command(command.name)
      .summary(command.summary)
      .description(command.description)
      .exitOverride()
      .addHelpText("after", examplesHelp(command));
    if (command.arguments !== undefined) sub.arguments(command.arguments);
    for (const [key, setting] of ALL_SETTINGS) {
      if (setting.flag !== undefined && takes(command.name, key)) sub.addOption(option(setting));
    }
    sub.action(() => {
      invocation = { command, args: sub.args, flags: givenFlags(sub, command) };
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
  return new Option(setting.type === "boolean" ? flags : `${flags} <${setting.type}>`, text);
}

function givenFlags(
  sub: Commander,
  command: Command,
): Partial<Record<SettingKey, string | boolean>> {
  const given: Partial<Record<SettingKey, string | boolean>> = {};
  for (const [key, setting] of ALL_SETTINGS) {
    if (setting.flag === undefined || !takes(command.name, key)) continue;
    const name = new Option(setting.flag).attributeName();
    if (sub.getOptionValueSource(name) === "cli") given[key] = sub.getOptionValue(name);
  }
  return given;
}

function examplesHelp(command: Command): string {
  const lines = command.examples.map(([line, does]) => `  ${line}\n      ${does}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
