import { type KafkaRequest, OFFSET_COMMIT } from "./kafka_fault_proxy.ts";
import { isFlushPut } from "./put_counter.ts";
import type { Stage } from "./stage.ts";

/** A place between two steps of a flush, as seen from outside. */
export const FLUSH_STEPS = [
  "before the intent",
  "after the intent, before its answer",
  "before an object",
  "after an object, before its answer",
  "before the last commit",
  "after the last commit, before its answer",
] as const;

/** One of {@linkcode FLUSH_STEPS}. */
export type FlushStep = typeof FLUSH_STEPS[number];

/** Milliseconds within which a consumer must reach the place. */
const PATIENCE_MS = 60_000;

/** Options of {@linkcode atStep}. */
export interface AtStepOptions {
  step: FlushStep;
  /** How often the place is passed before. */
  skip: number;
  /** Happens at that place, once; then the request, or its answer, is lost or passes. */
  act: () => Promise<"lose" | "pass">;
}

/**
 * Does something when a consumer that uses both proxies reaches a place between two steps of a flush.
 * @returns a promise that resolves when it is done, and rejects when no consumer comes there
 */
export function atStep(stage: Stage, { step, skip, act }: AtStepOptions): Promise<void> {
  const done = Promise.withResolvers<void>();
  const late = new Error(`no consumer has come to the place ${step} in ${PATIENCE_MS} ms`);
  const timer = setTimeout(() => done.reject(late), PATIENCE_MS);
  let left = skip;
  let isOver = false;
  const treatment = (before: boolean) => {
    if (isOver || left-- > 0) return undefined;
    isOver = true;
    clearTimeout(timer);
    const lost = act();
    lost.then(() => done.resolve(), done.reject);
    const isLost = async () => await lost === "lose";
    return before ? { before: isLost } : { after: isLost };
  };
  const before = step.startsWith("before");
  if (step.includes("object")) {
    const { treat } = stage.s3Proxy;
    stage.s3Proxy.treat = (request) =>
      (isFlushPut(request) ? treatment(before) : undefined) ?? treat(request);
  } else {
    const intents = step.includes("intent");
    let begun = false;
    stage.kafkaProxy.treat = (request) => {
      const commit = commitOf(request);
      if (commit === undefined) return undefined;
      begun ||= commit === "intent";
      // A new group's first commit does not belong to a flush.
      return begun && (commit === "intent") === intents ? treatment(before) : undefined;
    };
  }
  return done.promise;
}

/** Which of a flush's two commits a request is. */
function commitOf({ apiKey, bytes }: KafkaRequest): "intent" | "last" | undefined {
  if (apiKey !== OFFSET_COMMIT) return undefined;
  return new TextDecoder("latin1").decode(bytes).includes('"end":') ? "intent" : "last";
}
