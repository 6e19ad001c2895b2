import type { CompletedCommand, CompletedFlag } from "./completions.ts";

/** Completions for bash, 3.2 (macOS) and newer. */
export function bashCompletions(commands: CompletedCommand[], globals: CompletedFlag[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap((flag) => valueCase(name, flag))
  )
    .concat(globals.flatMap((flag) => valueCase("", flag)));
  const words = commands.map(({ name, flags, words }) =>
    `    ${name}) words="${[...words, ...flags.map(({ flag }) => flag)].join(" ")}" ;;`
  );
  return `# bash completion for ticklake: source <(ticklake completions bash)
_ticklake() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command="" word words=""
  # bash cuts --flag=value at the =.
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.replaceAll(" ", "|")}) command=$word; break ;;
    esac
  done
  case $command:$prev in
${values.join("\n")}
  esac
  case $command in
${words.join("\n")}
    *) words="${names} help ${globals.map(({ flag }) => flag).join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _ticklake ticklake
`;
}

/** Completions of a flag's value; without any, bash completes file names. */
function valueCase(command: string, { flag, short, value }: CompletedFlag): string[] {
  if (value === "none") return [];
  const pattern = [flag, short ?? []].flat().map((flag) => `${command}:${flag}`).join("|");
  const reply = typeof value === "string" ? "" : `$(compgen -W "${value.join(" ")}" -- "$cur")`;
  return [`    ${pattern}) COMPREPLY=(${reply}); return ;;`];
}
