import type { CallOptions } from "../broker.ts";
import type { Settings } from "../../config/settings.ts";
import type { GroupAdmin, OffsetToSet } from "../group_admin.ts";
import { groupInUse } from "../group_in_use.ts";
import { AdminConnection } from "./admin_connection.ts";
import { offsetCommitRequest } from "./offset_commit_request.ts";
import { errorType } from "./request_error.ts";

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
export async function openKafkaGroupAdmin(
  settings: Settings,
  options: CallOptions,
): Promise<GroupAdmin> {
  return new KafkaGroupAdmin(await AdminConnection.open(settings, options));
}

class KafkaGroupAdmin implements GroupAdmin {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  members(group: string, signal: AbortSignal): Promise<number> {
    return this.#connection.asking(`asking for group ${group}`, signal, async () => {
      const { groups: [found] } = await this.#connection.admin.describeGroups([group]);
      return found?.members.length ?? 0;
    });
  }

  setOffsets(
    group: string,
    topic: string,
    offsets: readonly OffsetToSet[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#connection.asking(`setting the offsets of group ${group}`, signal, async () => {
      const node = await this.#connection.cluster.coordinator(group);
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
          await this.#connection.cluster.send(node, commit);
        }
      } catch (error) {
        throw IN_USE.includes(errorType(error) ?? "") ? groupInUse(group, error) : error;
      }
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
