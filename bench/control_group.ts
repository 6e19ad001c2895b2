import type { Program } from "./measured.ts";

/** Where the kernel has its control groups. */
const ROOT = "/sys/fs/cgroup";

/** What a group of processes may take. */
export interface Limits {
  /** Bytes of memory, page cache included. */
  memoryBytes?: number;
  /** Cores, also a fraction of one. */
  cores?: number;
}

/** A control group, of version 2 or 1. */
export interface ControlGroup {
  /** The program, run within the group. */
  within(program: Program): Program;
  /** Removes the group, whose processes have ended. */
  close(): Promise<void>;
}

/** Microseconds in which a quota of CPU time counts: the kernel's own default. */
const PERIOD_US = 100_000;

/** @throws {Error} where control groups cannot be made: it takes root, and a kernel that has them */
export async function openControlGroup(
  name: string,
  { memoryBytes, cores }: Limits,
): Promise<ControlGroup> {
  const quota = cores && Math.round(cores * PERIOD_US);
  const isV2 = await exists(`${ROOT}/cgroup.controllers`);
  const folders = new Set<string>();
  const set = async (controller: string, file: string, value: string) => {
    const folder = isV2 ? `${ROOT}/${name}` : `${ROOT}/${controller}/${name}`;
    await Deno.mkdir(folder, { recursive: true });
    folders.add(folder);
    await Deno.writeTextFile(`${folder}/${file}`, value);
  };
  if (isV2) await Deno.writeTextFile(`${ROOT}/cgroup.subtree_control`, "+cpu +memory");
  if (memoryBytes !== undefined) {
    await set("memory", isV2 ? "memory.max" : "memory.limit_in_bytes", String(memoryBytes));
  }
  if (quota !== undefined) {
    if (isV2) await set("cpu", "cpu.max", `${quota} ${PERIOD_US}`);
    else await set("cpu", "cpu.cfs_quota_us", String(quota));
  }
  return {
    within({ command, args, env }) {
      const join = [...folders].map((folder) => `echo $$ > ${folder}/cgroup.procs; `).join("");
      return { command: "/bin/sh", args: ["-c", `${join}exec "$0" "$@"`, command, ...args], env };
    },
    async close() {
      for (const folder of folders) await Deno.remove(folder);
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
