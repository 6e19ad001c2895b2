import { FencedError } from "../broker.ts";
import { identify } from "./identity.ts";
import type { LogFile } from "./log_file.ts";
import { assignRanges } from "./range_assignment.ts";
import { countPartitions } from "./topics.ts";

/** A member's place in its group. */
export interface Standing {
  /** Grows with each change of the members or partitions. */
  generation: number;
  /** Whether the member belongs to that generation. */
  joined: boolean;
  /** Whether {@linkcode Membership.renew} would change the group: a lease ran out, a partition came. */
  outdated: boolean;
}

/** How ids of members begin that claim their partitions; those of release 0.1.0 do not. */
export const CLAIMS_PREFIX = "2-";

/** A lease that ran out, or that was renewed in the future, because the clock was set back. */
const EXPIRED = "(renewed + lease < $now OR renewed > $now + 1000)";

/**
 * One consumer of one topic in its group. Which member is assigned which partition follows from the list
 * of members; each change of that list is a new generation. A member claims what it is assigned before it
 * reads, and gets it when the former owner has released it or is gone. A commit counts in the generation
 * in which its partition was assigned, and after that until somebody else claims the partition: so a
 * partition has one owner, whatever the others believe, and an owner can write what it holds before it
 * goes.
 *
 * Leases only decide when a silent member is removed. They use the host's clock; setting it makes
 * members join again at worst.
 *
 * Each method runs inside a transaction; `renew`, `leave` and `fence` inside one that writes.
 */
export class Membership {
  readonly #file: LogFile;
  readonly #group: { $group: string; $topic: string };
  readonly #id = CLAIMS_PREFIX + crypto.randomUUID();
  readonly #leaseMs: number;

  /** @param leaseMs milliseconds after which others may remove the member unless it was renewed */
  constructor(file: LogFile, group: string, topic: string, leaseMs: number) {
    this.#file = file;
    this.#group = { $group: group, $topic: topic };
    this.#leaseMs = leaseMs;
  }

  /** Joins the group, or renews the lease, and removes members whose lease ran out. */
  renew(): void {
    const $now = Date.now();
    identify(this.#file, this.#group.$topic);
    const removed = this.#change(
      `DELETE FROM member WHERE consumer_group = $group AND topic = $topic AND id <> $id
         AND ${EXPIRED}`,
      { $now, $id: this.#id },
    );
    const renewed = this.#change(
      `UPDATE member SET renewed = $now, lease = $lease
         WHERE consumer_group = $group AND topic = $topic AND id = $id`,
      { $now, $id: this.#id, $lease: this.#leaseMs },
    );
    if (renewed === 0) {
      this.#change("INSERT INTO member VALUES ($group, $topic, $id, $joined, $now, $lease)", {
        $now,
        $id: this.#id,
        $joined: this.#assigned()?.generation ?? 0,
        $lease: this.#leaseMs,
      });
    }
    const partitions = countPartitions(this.#file, this.#group.$topic);
    if (removed > 0 || renewed === 0 || partitions !== this.#assigned()?.partitions) {
      this.#beginGeneration(partitions);
    }
  }

  /** Leaves the group. */
  leave(): void {
    this.release();
    const removed = this.#change(
      "DELETE FROM member WHERE consumer_group = $group AND topic = $topic AND id = $id",
      { $id: this.#id },
    );
    if (removed > 0) this.#beginGeneration(countPartitions(this.#file, this.#group.$topic));
  }

  #beginGeneration($partitions: number): void {
    this.#change(
      `INSERT INTO membership VALUES ($group, $topic, 1, $partitions)
         ON CONFLICT DO UPDATE SET generation = generation + 1, partitions = $partitions`,
      { $partitions },
    );
  }

  /** How the member stands. */
  standing(): Standing {
    const { waiting, joined } = this.#file.statement(
      `SELECT coalesce(sum(id <> $id AND ${EXPIRED}), 0) AS waiting,
              coalesce(sum(id = $id), 0) AS joined
         FROM member WHERE consumer_group = $group AND topic = $topic`,
    ).get({ ...this.#group, $id: this.#id, $now: Date.now() })! as {
      waiting: number;
      joined: number;
    };
    const assigned = this.#assigned();
    return {
      generation: assigned?.generation ?? 0,
      joined: joined === 1,
      outdated: waiting > 0 || joined === 0 ||
        assigned?.partitions !== countPartitions(this.#file, this.#group.$topic),
    };
  }

  /** The partitions that this member is assigned in the present generation; none when it was removed. */
  ownPartitions(): number[] {
    const members = this.#file.statement(
      // Who came first keeps the first range: a newcomer to a full group takes nothing away.
      `SELECT id FROM member WHERE consumer_group = $group AND topic = $topic
         ORDER BY joined, id`,
    ).all(this.#group).map(({ id }) => id as string);
    const owners = assignRanges(members, this.#assigned()?.partitions ?? 0);
    return owners.flatMap((owner, partition) => owner === this.#id ? [partition] : []);
  }

  /** Takes over partitions; `false` while another member still owns one of them. */
  claim(partitions: number[]): boolean {
    const owner = this.#file.statement(
      `SELECT owner.member FROM owner JOIN member ON member.id = owner.member
           AND member.consumer_group = $group AND member.topic = $topic AND NOT ${EXPIRED}
         WHERE owner.consumer_group = $group AND owner.topic = $topic
           AND owner.partition = $partition AND owner.member <> $id`,
    );
    const own = { ...this.#group, $id: this.#id };
    const $now = Date.now();
    if (partitions.some(($partition) => owner.get({ ...own, $now, $partition }) !== undefined)) {
      return false;
    }
    for (const $partition of partitions) {
      this.#change("INSERT OR REPLACE INTO owner VALUES ($group, $topic, $partition, $id)", {
        $partition,
        $id: this.#id,
      });
    }
    return true;
  }

  /** Releases what this member has claimed. */
  release(): void {
    this.#change(
      "DELETE FROM owner WHERE consumer_group = $group AND topic = $topic AND member = $id",
      { $id: this.#id },
    );
  }

  /** @throws {FencedError} when a partition, assigned in `generation`, may be another member's */
  fence(generation: number, partition: number): void {
    const present = this.#assigned()?.generation;
    if (present === generation || this.#stillOwns(partition)) return;
    throw new FencedError(
      `group ${this.#group.$group} is at generation ${present}; this commit is of ${generation}`,
    );
  }

  /** Whether nobody else has claimed a partition; members of 0.1.0 do not claim theirs. */
  #stillOwns($partition: number): boolean {
    const owner = this.#file.statement(
      `SELECT member FROM owner
         WHERE consumer_group = $group AND topic = $topic AND partition = $partition`,
    ).get({ ...this.#group, $partition });
    if (owner?.member !== this.#id) return false;
    return this.#file.statement(
      `SELECT 1 FROM member WHERE consumer_group = $group AND topic = $topic
         AND id NOT LIKE '${CLAIMS_PREFIX}%'`,
    ).get(this.#group) === undefined;
  }

  #assigned(): { generation: number; partitions: number } | undefined {
    return this.#file.statement(
      `SELECT generation, partitions FROM membership
         WHERE consumer_group = $group AND topic = $topic`,
    ).get(this.#group) as { generation: number; partitions: number } | undefined;
  }

  #change(sql: string, parameters: Record<string, string | number>): number {
    return Number(this.#file.statement(sql).run({ ...this.#group, ...parameters }).changes);
  }
}
