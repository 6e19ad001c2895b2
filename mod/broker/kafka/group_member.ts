import { Buffer } from "node:buffer";
import { getLogger } from "@logtape/logtape";
import { AssignerProtocol } from "kafkajs";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import { requests } from "kafkajs/src/protocol/requests/index.js";
import { Failure } from "../../failure/failure.ts";
import { assign, PROTOCOL, type Subscription } from "./assign.ts";
import type { BrokerNode } from "./broker_node.ts";
import type { Cluster } from "./cluster.ts";
import { offsetCommitRequest } from "./offset_commit_request.ts";
import type { CommittedEpoch } from "./offset_fetch_request.ts";
import { committedOffsets } from "./offsets.ts";
import { describeError, errorType, refused, verdictOf } from "./request_error.ts";
import { retrying } from "./retry.ts";

const logger = getLogger(["ticklake", "kafka"]);

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** What the group's leader tells the other members about the group. */
const NEW_GROUP = 1;
const KNOWN_GROUP = 0;

/** A member's generation: from one rebalance to the next. */
export interface Generation {
  readonly id: number;
  readonly memberId: string;
  /** The topic's partitions that are assigned to this member. */
  readonly partitions: number[];
  /** Minimum number of partitions that the topic had at the assignment. */
  readonly partitionCount: number;
  /** Whether this member is the group's leader, which assigns the partitions. */
  readonly leads: boolean;
  /**
   * Whether the group had no committed offsets for the topic at the assignment; `undefined` if a
   * member of release 0.1.0 made it.
   */
  readonly isNewGroup: boolean | undefined;
}

/** Options of {@linkcode GroupMember}. */
export interface GroupMemberOptions {
  group: string;
  topic: string;
  /**
   * Session timeout: milliseconds without a heartbeat after which the group continues without this
   * member.
   */
  sessionTimeoutMs: number;
}

/** Rebalance timeout: milliseconds that the other members have to rejoin. */
const REBALANCE_TIMEOUT_MS = 60_000;

/**
 * Milliseconds that the broker may be late with the response to a request that waits for other
 * members.
 */
const NETWORK_DELAY_MS = 5000;

/** Milliseconds that leaving may take; otherwise the session timeout removes the member, later. */
const LEAVE_TIMEOUT_MS = 3000;

/**
 * A member of a consumer group, by Kafka's group protocol.
 *
 * kafkajs's own consumer is not used, because exactly-once delivery needs more than it offers: each
 * request here carries the generation of the assignment for which it is made, so the broker refuses
 * it once the partition belongs to another member. kafkajs's `commitOffsets` retries with the then
 * current generation, which the broker accepts whoever owns the partition; it can commit only while
 * a batch is being processed; and if retention has removed the next offset, it overwrites the
 * committed offset with -2, without metadata.
 */
export class GroupMember {
  readonly #cluster: Cluster;
  readonly #options: GroupMemberOptions;
  #memberId = "";
  #coordinator: BrokerNode | null = null;
  #renewals = 0;
  /** A JoinGroup request is in flight. */
  #unanswered = false;
  #left = false;

  constructor(cluster: Cluster, options: GroupMemberOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * Joins or rejoins the group, and waits for the assignment.
   * @throws {Failure} kind `service`, when the group refuses this member permanently
   */
  async join(signal: AbortSignal): Promise<Generation> {
    const doing = `joining the group ${this.#options.group}`;
    while (true) {
      try {
        return await retrying(doing, signal, () => this.#join());
      } catch (error) {
        if (signal.aborted) throw error;
        const type = errorType(error);
        if (type === "UNKNOWN_MEMBER_ID" || type === "FENCED_INSTANCE_ID") this.#memberId = "";
        else if (type === "MEMBER_ID_REQUIRED") {
          this.#memberId = (error as MemberIdRequired).memberId;
        } else if (verdictOf(error) !== "fenced") throw this.#refusedToJoin(doing, error);
      }
    }
  }

  async #join(): Promise<Generation> {
    const { group, topic, sessionTimeoutMs } = this.#options;
    const partitionCount = await this.#partitionCount(topic);
    const joined = await this.#ask<JoinGroup, Joined>(apiKeys.JoinGroup, requests.JoinGroup, {
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      memberId: this.#memberId,
      protocolType: "consumer",
      groupProtocols: [{
        name: PROTOCOL,
        metadata: MemberMetadata.encode({
          version: 0,
          topics: [topic],
          userData: Buffer.of(this.#renewals % 256),
        }),
      }],
    });
    const { generationId: id, memberId, leaderId } = joined;
    this.#memberId = memberId;
    const leads = memberId === leaderId;
    const synced = await this.#ask<SyncGroup, Synced>(apiKeys.SyncGroup, requests.SyncGroup, {
      groupId: group,
      generationId: id,
      memberId,
      groupAssignment: leads ? await this.#shares(joined, partitionCount) : [],
    });
    const decoded = MemberAssignment.decode(synced.memberAssignment);
    const share = decoded?.assignment[topic] ?? [];
    const isNewGroup = decoded?.userData?.length ? decoded.userData[0] === NEW_GROUP : undefined;
    const partitions = share.toSorted((a, b) => a - b);
    logger.info("joined group {group}, generation {generation}, partitions {partitions}", {
      group,
      generation: id,
      partitions: partitions.join(",") || "none",
    });
    return { id, memberId, partitions, partitionCount, leads, isNewGroup };
  }

  async #shares({ members }: Joined, ownTopicCount: number) {
    const subscriptions: Subscription[] = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
    }));
    const counts = new Map<string, number>();
    for (const topic of new Set(subscriptions.flatMap(({ topics }) => topics))) {
      const known = topic === this.#options.topic ? ownTopicCount : 0;
      counts.set(topic, Math.max(known, await this.#partitionCount(topic)));
    }
    const userData = Buffer.of(await this.#isNewGroup(ownTopicCount) ? NEW_GROUP : KNOWN_GROUP);
    return [...assign(subscriptions, counts)].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData }),
    }));
  }

  /** Whether the group has no committed offsets for the topic. */
  async #isNewGroup(partitionCount: number): Promise<boolean> {
    const { group, topic } = this.#options;
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    const committed = await committedOffsets(this.#cluster, group, topic, partitions);
    return committed.every(({ offset }) => offset === null);
  }

  async #partitionCount(topic: string): Promise<number> {
    return (await this.#cluster.partitions(topic))?.length ?? 0;
  }

  /** A request that also waits for the other members. */
  async #ask<A, T>(apiKey: number, definition: unknown, ask: A): Promise<T> {
    const requestTimeout = REBALANCE_TIMEOUT_MS + NETWORK_DELAY_MS;
    this.#unanswered = true;
    try {
      return await this.#onCoordinator((node) => {
        if (this.#left) throw new Error("the group was left in the meantime");
        const request = { ...node.lookupRequest<A, T>(apiKey, definition)(ask), requestTimeout };
        return this.#cluster.ask(node, () => node.connectionPool.send(request), requestTimeout);
      });
    } finally {
      this.#unanswered = false;
    }
  }

  /**
   * Sends a heartbeat.
   * @throws an error whose verdict is `fenced` when the group has begun a new generation
   */
  async heartbeat({ id, memberId }: Generation): Promise<void> {
    const { group } = this.#options;
    const ask = { groupId: group, groupGenerationId: id, memberId };
    await this.#onCoordinator((node) => this.#cluster.ask(node, () => node.heartbeat(ask)));
  }

  /**
   * Commits for a generation. One attempt.
   * @param epoch leader epoch of the message before the offset, -1 if unknown
   * @throws an error whose verdict is `fenced` when that generation is over
   */
  async commit(
    { id, memberId }: Generation,
    { partition, offset, epoch, metadata }: CommittedEpoch & { offset: number },
  ): Promise<void> {
    const { group, topic } = this.#options;
    const commit = { group, generation: id, memberId, topic, partition, offset, epoch, metadata };
    await this.#onCoordinator((node) => this.#cluster.send(node, offsetCommitRequest(commit)));
  }

  /**
   * Has the next join begin a new generation. A member that joins again as it was gets the generation
   * that it has, and a commit of it that is still on its way would count.
   */
  renew(): void {
    this.#renewals++;
  }

  /** Leaves the group for good, so that the others need not wait for this member's session to end. */
  async leave(): Promise<void> {
    this.#left = true;
    const memberId = this.#memberId;
    if (memberId === "") return;
    const { group } = this.#options;
    // The broker answers a connection's requests in turn: this one would wait for that to join.
    if (this.#unanswered) this.#cluster.reset();
    const ask = { groupId: group, memberId };
    const patience = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
    const leave = () =>
      this.#onCoordinator((node) => this.#cluster.ask(node, () => node.leaveGroup(ask)));
    try {
      await retrying(`leaving group ${group}`, patience, leave);
    } catch (error) {
      logger.debug("leaving group {group}: {error}", { group, error: describeError(error) });
    }
  }

  async #onCoordinator<T>(request: (node: BrokerNode) => Promise<T>): Promise<T> {
    const node = this.#coordinator ??= await this.#cluster.coordinator(this.#options.group);
    try {
      return await request(node);
    } catch (error) {
      // Another broker may be the coordinator by now, or this one needs a new connection.
      if (verdictOf(error) !== "fenced") this.#coordinator = null;
      throw error;
    }
  }

  #refusedToJoin(doing: string, error: unknown): Error {
    const { group, sessionTimeoutMs } = this.#options;
    const at = this.#cluster.description;
    switch (errorType(error)) {
      case "INCONSISTENT_GROUP_PROTOCOL":
        return new Failure(
          "service",
          `${at}: the group ${group} has members that are not ticklake`,
          { cause: error, fix: "Give ticklake its own group with KAFKA_GROUP_ID or --group." },
        );
      case "INVALID_SESSION_TIMEOUT":
        return new Failure(
          "service",
          `${at} does not allow a session timeout of ${sessionTimeoutMs} ms`,
          {
            cause: error,
            fix:
              "Set KAFKA_SESSION_TIMEOUT between the broker's group.min.session.timeout.ms and " +
              "group.max.session.timeout.ms (6s and 30m unless configured).",
          },
        );
      default:
        return refused(at, doing, error);
    }
  }
}

interface JoinGroup {
  groupId: string;
  sessionTimeout: number;
  rebalanceTimeout: number;
  memberId: string;
  protocolType: "consumer";
  groupProtocols: Array<{ name: string; metadata: Buffer }>;
}

interface Joined {
  generationId: number;
  leaderId: string;
  memberId: string;
  members: Array<{ memberId: string; memberMetadata: Buffer }>;
}

interface SyncGroup {
  groupId: string;
  generationId: number;
  memberId: string;
  groupAssignment: Array<{ memberId: string; memberAssignment: Buffer }>;
}

interface Synced {
  memberAssignment: Buffer;
}

type MemberIdRequired = Error & { memberId: string };
