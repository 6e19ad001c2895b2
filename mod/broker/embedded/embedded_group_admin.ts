import { Failure } from "../../failure/failure.ts";
import type { GroupAdmin, OffsetToSet } from "../group_admin.ts";
import { groupInUse } from "../group_in_use.ts";
import { checkMetadata, writeCommitted } from "./committed_offsets.ts";
import { isThere } from "./existing_log.ts";
import { LogFile } from "./log_file.ts";

/**
 * Opens the embedded log to set a group's offsets. A log that is not there is not created: it has no
 * groups.
 * @throws {Failure} as {@linkcode LogFile.open}
 */
export async function openEmbeddedGroupAdmin(path: string): Promise<GroupAdmin> {
  return await isThere(path)
    ? new EmbeddedGroupAdmin(await LogFile.open(path))
    : new NoGroups(path);
}

/** The groups of a log that is not there. */
class NoGroups implements GroupAdmin {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  members(): Promise<number> {
    return Promise.resolve(0);
  }

  setOffsets(): Promise<void> {
    return Promise.reject(new Failure("failed", `${this.#path}: there is no embedded log`));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class EmbeddedGroupAdmin implements GroupAdmin {
  readonly #file: LogFile;

  constructor(file: LogFile) {
    this.#file = file;
  }

  members(group: string): Promise<number> {
    return this.#file.read(() => this.#members(group));
  }

  async setOffsets(group: string, topic: string, offsets: readonly OffsetToSet[]): Promise<void> {
    for (const { metadata } of offsets) checkMetadata(metadata);
    await this.#file.write(() => {
      if (this.#members(group) > 0) throw groupInUse(group);
      // A member that was silent for too long may still live: what it commits then must be refused.
      this.#file.statement("DELETE FROM member WHERE consumer_group = ?").run(group);
      this.#file.statement(
        "UPDATE membership SET generation = generation + 1 WHERE consumer_group = ?",
      ).run(group);
      for (const offset of offsets) writeCommitted(this.#file, group, topic, offset);
    });
  }

  /** Members whose lease is not over; inside a transaction. */
  #members(group: string): number {
    return this.#file.statement(
      "SELECT count(*) AS n FROM member WHERE consumer_group = ? AND renewed + lease > ?",
    ).get(group, Date.now())!.n as number;
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}
