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
  /** Does work whose child processes belong to the group. */
  start<T>(work: () => Promise<T>): Promise<T>;
  /** Most memory that the group has had at once, in bytes, page cache included. */
  peakBytes(): Promise<number>;
  /** Removes the group, whose processes have ended. */
  close(): Promise<void>;
}

/** Microseconds in which a quota of CPU time counts: the kernel's own default. */
const PERIOD_US = 100_000;

/** Largest weight of a group: what else runs on the machine must not take what the quota leaves it. */
const MOST_WEIGHT = { v1: 262_144, v2: 10_000 };

/** Where version 1 counts the most memory. */
const V1_PEAK = "memory.max_usage_in_bytes";

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
    if (isV2) {
      await set("cpu", "cpu.max", `${quota} ${PERIOD_US}`);
      await set("cpu", "cpu.weight", String(MOST_WEIGHT.v2));
    } else {
      await set("cpu", "cpu.cfs_quota_us", String(quota));
      await set("cpu", "cpu.shares", String(MOST_WEIGHT.v1));
    }
  }
  return {
    within({ command, args, env }) {
      const join = [...folders].map((folder) => `echo $$ > ${folder}/cgroup.procs; `).join("");
      return { command: "/bin/sh", args: ["-c", `${join}exec "$0" "$@"`, command, ...args], env };
    },
    async start(work) {
      // Children belong to the group of their parent: it goes in, and out again.
      for (const folder of folders) {
        await Deno.writeTextFile(`${folder}/cgroup.procs`, `${Deno.pid}`);
      }
      try {
        return await work();
      } finally {
        for (const folder of folders) {
          await Deno.writeTextFile(`${folder}/../cgroup.procs`, `${Deno.pid}`);
        }
      }
    },
    async peakBytes() {
      const file = isV2 ? `${ROOT}/${name}/memory.peak` : `${ROOT}/memory/${name}/${V1_PEAK}`;
      return Number(await Deno.readTextFile(file));
    },
    async close() {
      for (const folder of folders) await Deno.remove(folder);
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
