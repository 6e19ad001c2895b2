import { FILE_MODE } from "../files/private_file.ts";

/** Writes a new file; its bytes are on the disk when it returns. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: FILE_MODE });
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
  await file.sync();
}

/** Brings a directory's entries to the disk, so that a rename in it survives the loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing: its renames are journaled.
  if (Deno.build.os === "windows") return;
  try {
    using directory = await Deno.open(path);
    await directory.sync();
  } catch (error) {
    // A directory above the lake may be closed to us; whoever made it has brought it to the disk.
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

/** The bytes `[start, end)` of a file, fewer where it ends before. */
export async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.max(0, Math.min(end, (await file.stat()).size) - start));
  let read = 0;
  while (read < bytes.length) {
    const count = await file.read(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return bytes.subarray(0, read);
}
