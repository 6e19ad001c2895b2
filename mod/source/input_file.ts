/** An open file, as far as rows are read from it; a `Deno.FsFile` is one. */
export interface InputFile {
  /** Fills the array from its beginning, as far as there is something now; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Like `read`, at the place that {@linkcode InputFile.seekSync} set. */
  readSync(into: Uint8Array): number | null;
  seekSync(offset: number, whence: Deno.SeekMode): number;
  close(): void;
}
