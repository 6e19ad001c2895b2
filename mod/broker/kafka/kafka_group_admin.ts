import { type Admin, Kafka } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { abortable } from "../../wait/abortable.ts";
import type { GroupAdmin, OffsetToSet } from "../group_admin.ts";
import { groupInUse } from "../group_in_use.ts";
import { clientOptions } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { offsetCommitRequest } from "./offset_commit_request.ts";
import { errorType } from "./request_error.ts";
import { cannotConnect } from "./unreachable.ts";

/** What a commit from outside of the group has in place of a generation and a member. */
const NO_GENERATION = -1;
const NO_MEMBER = "";

/** The leader's epoch of an offset that nobody has read. */
const NO_EPOCH = -1;

/** What the coordinator answers to such a commit when the group has members. */
const IN_USE = ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS"];

/**
 * Opens Kafka to set a group's offsets.
 * @throws {Failure} kind `service`, when it cannot be reached
 */
export async function openKafkaGroupAdmin(settings: Settings): Promise<GroupAdmin> {
  const config = clientOptions(settings);
  const cluster = new Cluster(config);
  await cluster.connect();
  const admin = new Kafka(config).admin();
  try {
    await admin.connect();
  } catch (error) {
    cluster.close();
    throw cannotConnect(config.brokers as string[], error);
  }
  return new KafkaGroupAdmin(cluster, admin);
}

class KafkaGroupAdmin implements GroupAdmin {
  readonly #cluster: Cluster;
  readonly #admin: Admin;

  constructor(cluster: Cluster, admin: Admin) {
    this.#cluster = cluster;
    this.#admin = admin;
  }

  members(group: string, signal: AbortSignal): Promise<number> {
    return this.#asking(`asking for group ${group}`, signal, async () => {
      const { groups: [found] } = await this.#admin.describeGroups([group]);
      return found?.members.length ?? 0;
    });
  }

  setOffsets(
    group: string,
    topic: string,
    offsets: readonly OffsetToSet[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#asking(`setting the offsets of group ${group}`, signal, async () => {
      const node = await this.#cluster.coordinator(group);
      try {
        for (const { partition, offset, metadata } of offsets) {
          const commit = offsetCommitRequest({
            group,
            generation: NO_GENERATION,
            memberId: NO_MEMBER,
            topic,
            partition,
            offset,
            epoch: NO_EPOCH,
            metadata,
          });
          await this.#cluster.send(node, commit);
        }
      } catch (error) {
        throw IN_USE.includes(errorType(error) ?? "") ? groupInUse(group, error) : error;
      }
    });
  }

  async #asking<T>(doing: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    try {
      return await abortable(ask(), signal);
    } catch (error) {
      if (signal.aborted || error instanceof Failure) throw error;
      throw new Failure("service", `${this.#cluster.description}, ${doing}: ${messageOf(error)}`, {
        cause: error,
        fix: "Try again; `ticklake doctor` looks for the cause.",
      });
    }
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => {});
    this.#cluster.close();
  }
}
