import { getLogger } from "@logtape/logtape";
import { Failure, messageOf } from "../../failure/failure.ts";
import { type ConsumeOptions, FencedError } from "../broker.ts";
import type { ChangeWatch } from "./change_watch.ts";
import { ConsumerSession } from "./consumer_session.ts";
import type { GroupCommit } from "./group_commit.ts";
import type { LogFile } from "./log_file.ts";
import { beginAtEnd } from "./committed_offsets.ts";
import { Membership, type Standing } from "./membership.ts";
import { logSurplusMember } from "../surplus_member.ts";
import { countPartitions, readOffsets } from "./topics.ts";
import { Bell } from "../../wait/bell.ts";
import { pause } from "../../wait/sleep.ts";

/** Milliseconds between two checks of the group while the file does not change. */
const LOOK_MS = 500;

/** Maximum milliseconds by which a handler may hold up the group's next generation. */
const MOST_REVOKE_MS = 10_000;

/** What a consumer works with. */
export interface ConsumerParts {
  file: LogFile;
  commits: GroupCommit;
  watch: ChangeWatch;
  /** Milliseconds; the lease is renewed three times in that. */
  leaseMs: number;
  options: ConsumeOptions;
}

/** A running session. */
interface Running {
  session: ConsumerSession;
  done: Promise<void>;
  ended: boolean;
  /** The group is rebalancing; the handler may still commit. */
  isEnding: boolean;
}

/**
 * One call of `consume`: a member that keeps its lease, with a session for each generation in which it
 * owns partitions.
 */
export class EmbeddedConsumer {
  readonly #parts: ConsumerParts;
  readonly #membership: Membership;
  readonly #changed = new Bell();
  #running: Running | undefined;
  #renewedAt = -Infinity;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    const { file, leaseMs, options } = parts;
    this.#membership = new Membership(file, options.group, options.topic, leaseMs);
  }

  /** Consumes until the signal aborts or something fails, then leaves the group. */
  async run(): Promise<void> {
    const { watch, options: { signal } } = this.#parts;
    const wake = () => this.#changed.ring();
    const unsubscribe = watch.subscribe(wake);
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const since = this.#changed.rings;
        await this.#look();
        await this.#changed.wait({ since, timeoutMs: Math.min(LOOK_MS, this.#renewMs) });
      }
      await this.#endSession(signal.reason);
    } catch (error) {
      await this.#endSession(error).catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener("abort", wake);
      unsubscribe();
      await this.#leave();
    }
  }

  get #renewMs(): number {
    return this.#parts.leaseMs / 3;
  }

  async #look(): Promise<void> {
    let { standing, highs } = await this.#read();
    if (standing.outdated || performance.now() - this.#renewedAt >= this.#renewMs) {
      await this.#renew();
      ({ standing, highs } = await this.#read());
    }
    const running = this.#running;
    if (running === undefined || running.ended) {
      await this.#endSession();
      await this.#beginSession();
    } else if (running.session.generation === standing.generation) {
      running.session.learnHighs(highs);
    } else if (!running.isEnding) {
      running.isEnding = true;
      this.#revoke(running, standing.generation);
    }
  }

  /** Lets the handler write what it holds, then releases the partitions to their new owners. */
  async #revoke({ session }: Running, generation: number): Promise<void> {
    const { options: { handler, signal }, leaseMs } = this.#parts;
    session.rest();
    const revoked = handler.revoking?.().catch((error) => {
      logger.debug("buffered messages could not be committed: {error}", {
        error: messageOf(error),
      });
    });
    await Promise.race([revoked, pause(Math.min(MOST_REVOKE_MS, leaseMs), signal)]);
    session.lose(new FencedError(`the group went on to generation ${generation}`));
    await this.#release();
    this.#changed.ring();
  }

  #read(): Promise<{ standing: Standing; highs: number[] }> {
    const { file, options } = this.#parts;
    return file.read(() => ({
      standing: this.#membership.standing(),
      highs: readOffsets(file, options.topic).map(({ high }) => high),
    }));
  }

  /** Joins or renews. Once joined, a full disk or a long-held lock is retried. */
  async #renew(): Promise<void> {
    const first = this.#renewedAt === -Infinity;
    try {
      const { file, options: { group, topic, from } } = this.#parts;
      await this.#parts.commits.submit(() => {
        if (first && from === "latest") beginAtEnd(file, group, topic);
        this.#membership.renew();
      });
      this.#renewedAt = performance.now();
    } catch (error) {
      if (first || !(error instanceof Failure) || error.kind !== "service") throw error;
      logger.warn("the lease could not be renewed: {error}", { error: error.message });
    }
  }

  async #beginSession(): Promise<void> {
    if (this.#parts.options.signal.aborted) return;
    const membership = this.#membership;
    const session = await this.#parts.commits.submit(() => {
      const isOwner = membership.standing().joined && membership.claim(membership.ownPartitions());
      return isOwner ? new ConsumerSession({ ...this.#parts, membership }) : null;
    });
    if (session === null) return;
    if (session.isIdle) {
      const { file, options: { group, topic } } = this.#parts;
      const count = await file.read(() => countPartitions(file, topic));
      logSurplusMember(group, topic, count);
    }
    const done = session.run();
    const running: Running = this.#running = { session, ended: false, isEnding: false, done };
    const end = () => {
      running.ended = true;
      this.#changed.ring();
    };
    running.done.then(end, end);
  }

  /** Takes the partitions away and waits for the handler to return. @throws what it threw */
  async #endSession(reason?: unknown): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    running.session.lose(reason);
    await this.#release();
    await running.done;
  }

  /** Commits are refused by now: the handler's last calls need not have returned. */
  async #release(): Promise<void> {
    try {
      await this.#parts.commits.submit(() => this.#membership.release());
    } catch (error) {
      logger.warn("partitions could not be released: {error}", { error: messageOf(error) });
    }
  }

  async #leave(): Promise<void> {
    try {
      await this.#parts.commits.submit(() => this.#membership.leave());
    } catch (error) {
      logger.warn("the group could not be left, others wait for the lease to expire: {error}", {
        error: messageOf(error),
      });
    }
  }
}

const logger = getLogger(["ticklake", "broker"]);
