import { type ParsedLine, parseLine as parse } from "../../mod/cli/program.ts";
import { COMMANDS } from "../../mod/commands/table.ts";

/** Reads a command line as the program does, version 1.2.3; what it prints is collected. */
export function parseLine(words: string[]): ParsedLine & { out: string; err: string } {
  const printed = { out: "", err: "" };
  const parsed = parse(words, "1.2.3", COMMANDS, {
    width: 80,
    colour: false,
    out: (text) => printed.out += text,
    err: (text) => printed.err += text,
  });
  return { ...parsed, ...printed };
}
