import type { CompletedCommand, CompletedFlag } from "./completions.ts";

/** Completions for zsh, to be sourced or to be put into the `fpath` as `_ticklake`. */
export function zshCompletions(commands: CompletedCommand[], globals: CompletedFlag[]): string {
  const described = commands.map(({ name, summary }) =>
    `        ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`
  );
  const cases = commands.map(({ name, flags, words }) => {
    const specs = flags.flatMap(flagSpec);
    if (words.length > 0) specs.push(quoted(`1:argument:(${words.join(" ")})`));
    return `        ${name}) _arguments ${
      specs.map((spec) => `\\\n          ${spec}`).join(" ")
    } ;;`;
  });
  return `#compdef ticklake
# zsh completion for ticklake: source <(ticklake completions zsh)
_ticklake() {
  local curcontext=$curcontext state line
  local -a commands
  _arguments -C ${globals.flatMap(flagSpec).map((spec) => `\\\n    ${spec}`).join(" ")} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      commands=(
${described.join("\n")}
      )
      _describe command commands ;;
    argument)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _ticklake ]]; then
  _ticklake "$@"
else
  compdef _ticklake ticklake
fi
`;
}

/** How `_arguments` has a flag described, once for each of its names. */
function flagSpec({ flag, short, description, value }: CompletedFlag): string[] {
  const text = description.replace(/[[\]]/g, "\\$&");
  const name = flag.slice(2);
  const after = value === "none"
    ? ""
    : value === "file"
    ? `:${name}:_files`
    : value === "other"
    ? `:${name}:`
    : `:${name}:(${value.map((word) => word.replaceAll(":", "\\:")).join(" ")})`;
  const equals = value === "none" ? "" : "=";
  const long = quoted(`${flag}${equals}[${text}]${after}`);
  return short === undefined ? [long] : [long, quoted(`${short}[${text}]${after}`)];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
