import { canMount } from "../small_disk.ts";
import { addedPartition } from "./added_partition.ts";
import { badMessages } from "./bad_messages.ts";
import { brokerRestart } from "./broker_restart.ts";
import { changedLayout } from "./changed_layout.ts";
import { changedRules } from "./changed_rules.ts";
import { compacted } from "./compacted.ts";
import { damagedBatch } from "./damaged_batch.ts";
import { embeddedKills } from "./embedded_kills.ts";
import { clockBack } from "./clock_back.ts";
import type { Fault } from "./fault.ts";
import { fullDisk } from "./full_disk.ts";
import { ICEBERG_FAULTS } from "./iceberg_kills.ts";
import { killBetweenSteps } from "./kill_between_steps.ts";
import { killConsume } from "./kill_consume.ts";
import { killProduce } from "./kill_produce.ts";
import { latePut } from "./late_put.ts";
import { lateRewrite } from "./late_rewrite.ts";
import { latestPartitions } from "./latest_partitions.ts";
import { manyGroups, manyGroupsWithoutS3 } from "./memory.ts";
import { movedOffsets } from "./moved_offsets.ts";
import { onIceberg } from "./on_iceberg.ts";
import { outageRebalance } from "./outage_rebalance.ts";
import { rebalanceStorm } from "./rebalance_storm.ts";
import { mergeKills, repairKills, replayKills, resetKills } from "./repair_kills.ts";
import { retention } from "./retention.ts";
import { S3_FAULTS } from "./s3_faults.ts";
import { expiredCredentials, s3Outage } from "./s3_outage.ts";
import { secondGroup } from "./second_group.ts";
import { smallFiles } from "./small_files.ts";
import { stops } from "./stops.ts";
import { topicAgain } from "./topic_again.ts";
import { truncatedLog } from "./truncated_log.ts";
import { twoClusters } from "./two_clusters.ts";
import { twoGroups } from "./two_groups.ts";
import { TRINO_FAULTS } from "./trino_rewrites.ts";
import { zombie } from "./zombie.ts";

/** On a Hive table. */
const ON_HIVE: readonly Fault[] = [
  killConsume,
  killBetweenSteps,
  changedLayout,
  changedRules,
  killProduce,
  embeddedKills,
  resetKills,
  replayKills,
  repairKills,
  mergeKills,
  zombie,
  rebalanceStorm,
  ...S3_FAULTS,
  s3Outage,
  outageRebalance,
  expiredCredentials,
  brokerRestart,
  addedPartition,
  latestPartitions,
  retention,
  latePut,
  lateRewrite,
  damagedBatch,
  compacted,
  movedOffsets,
  secondGroup,
  topicAgain,
  truncatedLog,
  twoClusters,
  clockBack,
  stops,
  manyGroups,
  manyGroupsWithoutS3,
  smallFiles,
  badMessages,
  ...(canMount() ? [fullDisk] : []),
];

/** Rounds within the tests of those that have a short form on Iceberg; the others run there only at length. */
const SHORT = new Map([
  ["s3-lost-answer", 8],
  ["kill-merge", 1],
  ["kill-repair", 1],
  ["changed-rules", 1],
  ["late-rewrite", 1],
]);

/** Faults whose lines are one table of docs/faults.md. */
export interface FaultTable {
  /** Name of its section. */
  section: string;
  format: "hive" | "iceberg";
  faults: readonly Fault[];
}

/** All faults, in the order of the tables. */
export const FAULT_TABLES = {
  hive: { section: "faults", format: "hive", faults: ON_HIVE },
  /** Those of Iceberg tables alone, then all others, in a directory catalog. */
  iceberg: {
    section: "faults-iceberg",
    format: "iceberg",
    faults: [
      ...ICEBERG_FAULTS,
      ...TRINO_FAULTS,
      onIceberg(twoGroups),
      ...ON_HIVE.map((fault) => onIceberg(fault, { short: SHORT.get(fault.name) ?? 0 })),
    ],
  },
  /** What differs is the catalog alone, whose own disk is not the table's. */
  rest: {
    section: "faults-rest",
    format: "iceberg",
    faults: [twoGroups, ...ON_HIVE.filter((fault) => fault !== fullDisk)]
      .map((fault) => onIceberg(fault, { catalog: "rest" })),
  },
} as const satisfies Record<string, FaultTable>;
