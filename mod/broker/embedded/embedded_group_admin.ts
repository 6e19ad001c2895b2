import type { GroupAdmin, OffsetToSet } from "../group_admin.ts";
import { groupInUse } from "../group_in_use.ts";
import { checkMetadata, writeCommitted } from "./committed_offsets.ts";
import { LogFile } from "./log_file.ts";

/**
 * Opens the embedded log to set a group's offsets.
 * @throws {Failure} as {@linkcode LogFile.open}
 */
export async function openEmbeddedGroupAdmin(path: string): Promise<GroupAdmin> {
  return new EmbeddedGroupAdmin(await LogFile.open(path));
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
