import { Failure } from "../failure/failure.ts";

/** The failure of an offset that cannot be set, as the group has members. */
export function groupInUse(group: string, cause?: unknown): Failure {
  return new Failure(
    "usage",
    `group ${group} has members: its offsets cannot be changed while they run`,
    {
      cause,
      fix: `Stop every consume of group ${group} first; \`ticklake topic show\` shows its members.`,
    },
  );
}
