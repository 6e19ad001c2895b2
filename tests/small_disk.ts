import { skippableTest } from "./services/skippable.ts";

/** A file system of a given size, for what happens when it is full or cannot be written. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Makes it read-only, or writable again. */
  setReadOnly(readOnly: boolean): void;
  /** Gives it another size, in bytes. */
  resize(size: number): void;
  /** Mounts it at a second place too, which is made, until that is disposed of. */
  mountedAt(path: string): Disposable;
}

/**
 * Registers a test on a file system of its own, in memory. Without the right to mount one (that is:
 * not as root on Linux) the test is skipped.
 * @param size in bytes
 */
export function smallDiskTest(
  name: string,
  size: number,
  run: (disk: SmallDisk) => Promise<void>,
): void {
  const missing = canMount() ? [] : ["this user may not mount a file system"];
  skippableTest({ name, missing, fn: () => withSmallDisk(size, run) });
}

/** Whether this user may mount a file system. */
export function canMount(): boolean {
  return Deno.build.os === "linux" && Deno.uid() === 0 && mayMount();
}

/** Runs on a file system of `size` bytes, in memory. */
export async function withSmallDisk<T>(
  size: number,
  run: (disk: SmallDisk) => Promise<T>,
): Promise<T> {
  const path = Deno.makeTempDirSync({ prefix: "ticklake-disk-" });
  command("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
  try {
    return await run({
      path,
      setReadOnly: (readOnly) => command("mount", "-o", `remount,${readOnly ? "ro" : "rw"}`, path),
      resize: (size) => command("mount", "-o", `remount,size=${size}`, path),
      mountedAt(second) {
        Deno.mkdirSync(second);
        command("mount", "--bind", path, second);
        return { [Symbol.dispose]: () => command("umount", "--lazy", second) };
      },
    });
  } finally {
    command("umount", "--lazy", path);
    Deno.removeSync(path);
  }
}

let allowed: boolean | undefined;

/** A container's root often may not. */
function mayMount(): boolean {
  if (allowed !== undefined) return allowed;
  const path = Deno.makeTempDirSync({ prefix: "ticklake-disk-" });
  try {
    command("mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", path);
    command("umount", path);
    allowed = true;
  } catch {
    allowed = false;
  }
  Deno.removeSync(path);
  return allowed;
}

function command(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}
