import { Failure } from "../failure/failure.ts";

/** Where reading begins, in each partition. */
export type ReadPosition =
  | { kind: "earliest" | "latest" }
  /** So many messages before the end. */
  | { kind: "last"; messages: number }
  | { kind: "offset"; offset: number }
  /** The first message that is not older, in milliseconds since 1970 UTC. */
  | { kind: "time"; timeMs: number };

/** A day or a moment as ISO 8601 writes it; without an offset it is UTC. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Parses a position in a topic: `earliest`, `latest`, `-10` (ten before the end), `4711` (an
 * offset), `2026-11-24`, `2026-11-24T09:30:00Z`.
 * @param source where the text came from, as the message names it
 * @throws {Failure} kind `usage`
 */
export function parseReadPosition(text: string, source: string): ReadPosition {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (/^-\d{1,15}$/.test(text)) return { kind: "last", messages: -Number(text) };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  const timeMs = TIME.test(text) ? Date.parse(withZone(text.replace(" ", "T"))) : NaN;
  if (!Number.isNaN(timeMs)) return { kind: "time", timeMs };
  throw new Failure(
    "usage",
    `${source}: expected a position in the topic, found ${JSON.stringify(text)}`,
    {
      fix:
        "Use earliest, latest, an offset, -10 for the last ten, or a time such as 2026-11-24T09:30:00Z.",
    },
  );
}

function withZone(text: string): string {
  return text.length === 10 || /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
}
