import type { CommandContext } from "../cli/command.ts";
import type { Resolved } from "../config/resolved.ts";
import { settingsMarkdown, settingsReference } from "../config/reference.ts";
import { formatValue } from "../config/value.ts";

/** `config`: the effective settings and where each came from, or the reference of all settings. */
export function run({ settings, loaded, output }: CommandContext): Promise<number> {
  if (settings.reference) {
    if (output.json) output.document(settingsReference());
    else output.raw(settingsMarkdown());
    return Promise.resolve(0);
  }
  const rows = loaded.resolved.map((resolved) => ({
    setting: resolved.setting.env ?? resolved.setting.flag ?? resolved.key,
    flag: resolved.setting.flag ?? null,
    value: shown(resolved),
    source: resolved.source,
  }));
  output.document({ settings: rows, envFile: loaded.envFile ?? null });
  const width = Math.max(...rows.map(({ setting }) => setting.length));
  const valueWidth = Math.max(...rows.map(({ value }) => (value ?? "").length));
  for (const { setting, value, source } of rows) {
    output.line(`${setting.padEnd(width)}  ${(value ?? "").padEnd(valueWidth)}  ${source}`);
  }
  return Promise.resolve(0);
}

function shown({ setting, value }: Resolved): string | null {
  if (value === undefined) return null;
  return setting.secret === true ? "(set, not shown)" : formatValue(setting.type, value);
}
