import { Failure } from "../../failure/failure.ts";
import type { TableMetadata } from "./metadata.ts";
import { lastChange } from "./ownership.ts";

/** A range that the table refuses. */
export interface RefusedRange {
  partition: number;
  first: number;
  /** First offset after it. */
  end: number;
}

/** Whose range it is, for messages. */
export interface RefusedBy {
  table: string;
  log: { id: string; description: string };
  /** The consumer group that writes it. */
  group?: string;
}

const RESUMES = "Start this again: it resumes at the table's position.";

/** Why a partition is no longer its writer's: another process has fenced it off, or a command has rewound it. */
export function displaced(
  metadata: TableMetadata,
  { partition, first, end }: RefusedRange,
  { table, log, group }: RefusedBy,
): Failure {
  const change = lastChange(metadata, { log: log.id, partition }, ["fenced", "rewound"]);
  const place = `partition ${partition} of ${log.description}`;
  const what = `while offsets ${first} to ${end - 1} were being written`;
  if (change?.what === "rewound") {
    return new Failure("failed", `table ${table} was rewound in ${place} ${what}`, {
      fix: `Nothing is lost. A reset or a repair ran at the same time. ${RESUMES}`,
    });
  }
  const other = change?.group;
  if (other !== undefined && other !== group) {
    return new Failure("failed", `group ${other} took over ${place} in table ${table} ${what}`, {
      fix:
        `Nothing is lost. Two groups write the same topic into one table: stop the consume of group ${other}, ` +
        "or this one. If this one is to stay, start it again: it resumes at the table's position.",
    });
  }
  const by = other === undefined ? "another process" : `another process of group ${other}`;
  return new Failure("failed", `${by} took over ${place} in table ${table} ${what}`, {
    fix: `Nothing is lost. This process was paused or cut off from Kafka for too long. ${RESUMES}`,
  });
}

/** The table's position is neither where a range begins nor behind it. */
export function elsewhere(
  metadata: TableMetadata,
  { partition, first, end }: RefusedRange,
  { position, table, log, group }: RefusedBy & { position: number },
): Failure {
  const other = lastChange(metadata, { log: log.id, partition }, ["taken"])?.group;
  const who = other === undefined
    ? "Another consume writes the same partition"
    : other === group
    ? `Another process of group ${other} writes the same partition`
    : `Group ${other} writes the same topic into this table`;
  return new Failure(
    "failed",
    `table ${table} is at offset ${position} of partition ${partition} of ${log.description}; ` +
      `expected ${first}, to append offsets ${first} to ${end - 1}`,
    {
      fix:
        `Nothing is lost. ${who}, or someone has changed the table's properties. Stop the other one and ` +
        "start this again: it resumes at the table's position.",
    },
  );
}
