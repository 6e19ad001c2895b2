import type { Fault } from "./fault.ts";
import { changedLayout } from "./changed_layout.ts";
import { killBetweenSteps } from "./kill_between_steps.ts";
import { killConsume } from "./kill_consume.ts";

/** All faults, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  killConsume,
  killBetweenSteps,
  changedLayout,
];
