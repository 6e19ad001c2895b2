import { ALL_SETTINGS, type Setting, type SettingKey } from "./settings.ts";
import { expectedValue, formatValue } from "./value.ts";

/** One setting of the reference. */
export interface ReferenceRow {
  key: SettingKey;
  env: string | null;
  /** Name of a variable that gives a file with the value. */
  fileEnv: string | null;
  flag: string | null;
  /** What a value looks like. */
  expected: string;
  default: string | null;
  commands: "all" | readonly string[];
  description: string;
  secret: boolean;
}

/** All settings, in the order of the table. */
export function settingsReference(): ReferenceRow[] {
  return ALL_SETTINGS.map(([key, setting]) => ({
    key,
    env: setting.env ?? null,
    fileEnv: setting.fileEnv ?? null,
    flag: setting.flag ?? null,
    expected: expectedOf(setting),
    default: setting.default === undefined ? null : formatValue(setting.type, setting.default),
    commands: setting.commands,
    description: setting.description,
    secret: setting.secret === true,
  }));
}

/** The reference as a table in Markdown, as docs/settings.md has it. */
export function settingsMarkdown(): string {
  const rows = settingsReference().map((row) => {
    const names = [row.env, row.fileEnv, row.flag].filter((name) => name !== null);
    const cells = [
      names.map(code).join("<br>"),
      row.expected,
      row.default === null ? "" : code(row.default),
      row.commands === "all" ? "all" : row.commands.join(", "),
      row.secret ? `${row.description}; never printed` : row.description,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return [
    "| setting | value | default | commands | what |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n") + "\n";
}

function expectedOf(setting: Setting): string {
  const { type, choices } = setting;
  return type === "choice" ? choices!.map(code).join(", ") : expectedValue(setting);
}

function code(text: string): string {
  return `\`${text}\``;
}
