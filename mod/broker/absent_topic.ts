import { nearestName } from "../config/nearest_name.ts";
import { Failure } from "../failure/failure.ts";
import type { Broker, CallOptions } from "./broker.ts";

/** Topics that the message names at most. */
const MOST_NAMED = 5;

/**
 * The failure of a command whose topic the broker does not have. It names the topics that there are, as
 * far as the broker tells.
 * @throws {unknown} the signal's reason
 */
export async function noSuchTopic(
  broker: Pick<Broker, "description" | "topicNames">,
  topic: string,
  options: CallOptions = {},
): Promise<Failure> {
  const names = await broker.topicNames(options).catch(() => undefined);
  options.signal?.throwIfAborted();
  const meant = nearestName(topic, names ?? []);
  const absence = `topic ${topic} does not exist in ${broker.description}`;
  return new Failure("service", `${absence}${namedOf(names)}`, {
    fix: meant === undefined
      ? "`ticklake produce` creates it; or check --topic, --schema (each has a topic of its own), " +
        "and KAFKA_BOOTSTRAP_SERVERS or --home."
      : `Did you mean --topic ${meant}? Otherwise \`ticklake produce\` creates it.`,
  });
}

function namedOf(names: string[] | undefined): string {
  if (names === undefined) return "";
  if (names.length === 0) return ", which has no topics";
  const others = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(", ");
  return `, which has ${named}${others > 0 ? ` and ${others} more` : ""}`;
}
