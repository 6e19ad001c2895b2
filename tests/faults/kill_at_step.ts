import assert from "node:assert/strict";
import { atStep, type FlushStep } from "./flush_step.ts";
import type { KafkaFlow } from "./kafka_flow.ts";

/** Where to kill. */
export interface KillAtStepOptions {
  step: FlushStep;
  /** How often the place is passed before. */
  skip: number;
}

/**
 * Starts a consumer and kills it when it reaches a place between two steps of a flush; the request or the
 * answer is lost. Then all faults end.
 */
export async function killAtStep(
  flow: KafkaFlow,
  args: string[],
  { step, skip }: KillAtStepOptions,
): Promise<void> {
  const consumer = flow.consume(args, flow.flaky);
  await atStep(flow.stage, {
    step,
    skip,
    async act() {
      const { signal, stderr } = await consumer.stop("SIGKILL");
      assert.equal(signal, "SIGKILL", stderr);
      return "lose";
    },
  });
  flow.stage.calm();
}
