import { TICKS } from "./measured.ts";

/** How much of the machine is in use, by all processes together. Linux. */
export interface MachineLoad {
  /** Cores in use since it was begun, on average: 2 where two were busy all the time. */
  cores(): number;
}

/** Begins to measure. */
export function machineLoad(): MachineLoad {
  const begunAt = performance.now();
  const before = busyTicks();
  return {
    cores: () => (busyTicks() - before) / TICKS / ((performance.now() - begunAt) / 1000),
  };
}

/** Ticks of all cores since the machine's start, but those without work, or lent to other machines. */
function busyTicks(): number {
  const [line] = Deno.readTextFileSync("/proc/stat").split("\n", 1);
  // cpu user nice system idle iowait irq softirq steal: proc(5).
  const [user, nice, system, _idle, _iowait, irq, softirq] = line.trim().split(/\s+/).slice(1)
    .map(Number);
  return user + nice + system + irq + softirq;
}
