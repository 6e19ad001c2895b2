/** A control group of the kernel's that bounds a process's memory. */
export interface ControlGroup {
  /** Words before a program's own, by which it runs in the group. */
  readonly wrapper: readonly string[];
  /** Removes the group, once its process has ended. */
  remove(): void;
}

const ROOT = "/sys/fs/cgroup";

/**
 * Makes a control group with so much memory and no swap: by systemd where it runs, else by hand where this user may,
 * version 2 or 1. `undefined` where neither goes.
 * @param memory bytes
 */
export function controlGroup(memory: number): ControlGroup | undefined {
  if (Deno.uid() !== 0) return undefined;
  if (isDirectory("/run/systemd/system")) {
    const properties = ["-p", `MemoryMax=${memory}`, "-p", "MemorySwapMax=0", "--"];
    return {
      wrapper: ["systemd-run", "--scope", "--quiet", "--collect", ...properties],
      remove() {},
    };
  }
  const name = `ticklake-${crypto.randomUUID()}`;
  return byHand(`${ROOT}/${name}`, { "memory.max": memory, "memory.swap.max": 0 }) ??
    byHand(`${ROOT}/memory/${name}`, { "memory.limit_in_bytes": memory });
}

function byHand(folder: string, limits: Record<string, number>): ControlGroup | undefined {
  try {
    Deno.mkdirSync(folder);
  } catch {
    return undefined;
  }
  const remove = () => Deno.removeSync(folder);
  try {
    for (const [file, value] of Object.entries(limits)) {
      const path = `${folder}/${file}`;
      // A kernel without accounts of swap has no file for it.
      if (file !== "memory.swap.max" || isFile(path)) writeExisting(path, `${value}`);
    }
  } catch {
    remove();
    return undefined;
  }
  const script = `echo $$ > ${folder}/cgroup.procs && exec "$@"`;
  return { wrapper: ["sh", "-c", script, "sh"], remove };
}

/** Control files are there or not: none is made. */
function writeExisting(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true });
  file.writeSync(new TextEncoder().encode(text));
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
