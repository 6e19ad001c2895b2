import type { ColumnGuess, InferredColumn } from "./infer_column.ts";

/** A column by its name in the file, or the path to it. */
export type NamedColumn = InferredColumn & { wire: string };

/** What a file seems to hold. */
export interface Guesses {
  columns: NamedColumn[];
  rows: number;
  about: string;
  /** Sentences about what is not in the columns. */
  comments?: string[];
}

/** The column of what was watched. */
export function columnOf(guess: ColumnGuess): NamedColumn {
  return { wire: guess.name, ...guess.result };
}
