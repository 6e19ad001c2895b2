import { loadSettings } from "./mod/config/load.ts";
import type { CommandName } from "./mod/config/settings.ts";
import { secretsOf } from "./mod/config/redaction.ts";
import { reportCrashes } from "./mod/cli/crash.ts";
import { parseLine } from "./mod/cli/program.ts";
import { type Output, processOutput } from "./mod/terminal/output.ts";
import { followSchema } from "./mod/commands/follow_schema.ts";
import { COMMANDS } from "./mod/commands/table.ts";
import { stopSignal } from "./mod/cli/stop_signal.ts";
import { VERSION } from "./mod/config/version.ts";
import { EXIT_CODES, Failure } from "./mod/failure/failure.ts";
import { fixOf } from "./mod/failure/fix_of.ts";
import { OWN_SECRETS } from "./mod/failure/secrets.ts";
import { tooManyFiles } from "./mod/failure/open_files.ts";

const withoutSecrets = (text: string) => OWN_SECRETS.redact(text);

/** Runs one command line and gives its exit code. */
async function main(words: string[]): Promise<number> {
  const terminal = processOutput({ json: false });
  const parsed = parseLine(words, VERSION, COMMANDS, {
    width: terminal.width,
    colour: terminal.colour,
    out: terminal.raw,
    err: (text) => terminal.note(text.replace(/\n$/, "")),
  });
  if ("exitCode" in parsed) return parsed.exitCode;
  const { command, args, flags } = parsed.invocation;
  let output = processOutput({ json: flags.json === true, redact: withoutSecrets });
  let closeLog = () => {};
  let signal: AbortSignal | undefined;
  reportCrashes((error) => report(error, command.name, output));
  try {
    const loaded = loadSettings({ flags });
    OWN_SECRETS.keep(...secretsOf(loaded.resolved));
    const settings = await followSchema(loaded, command.name);
    const [module, { openLog, notesAsEvents, resultsAfterLog }] = await Promise.all([
      command.load(),
      import("./mod/ops/log/log.ts"),
    ]);
    closeLog = openLog({ settings, output });
    if (settings.logFormat === "json") output = notesAsEvents(output);
    output = resultsAfterLog(output);
    // They are findings of doctor's.
    if (command.name !== "doctor") {
      for (const warning of loaded.warnings) output.note(`warning: ${warning}`);
    }
    signal = stopSignal();
    return await module.run({
      settings,
      loaded,
      commands: COMMANDS,
      args,
      output,
      signal,
    });
  } catch (error) {
    // Where a command has nothing to finish, the signal's reason comes all the way up.
    const stopped = signal?.aborted === true && error === signal.reason;
    const failure = stopped
      ? new Failure("failed", "stopped before it had begun")
      : tooManyFiles(error);
    return report(failure, command.name, output);
  } finally {
    closeLog();
  }
}

function report(error: unknown, command: CommandName, output: Output): number {
  if (!(error instanceof Failure)) {
    output.note(
      `error: ${error instanceof Error ? error.stack : error}`,
      "This is a defect of ticklake: please report it. Nothing that was acknowledged is lost.",
    );
    return EXIT_CODES.failed;
  }
  output.note(`error: ${error.message}`, command === "doctor" ? error.fix : fixOf(error));
  return error.exitCode;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
