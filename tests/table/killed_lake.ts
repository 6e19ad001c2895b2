import { MemoryLake } from "../sink/memory_lake.ts";

/** A lake that is killed at its `at`th change, before or after it; never where `at` is 0. */
export class KilledLake extends MemoryLake {
  /** Changes so far. */
  changes = 0;
  at = 0;
  after = false;

  /** Counts a change that is made elsewhere, such as of the group's offsets: it is killed before it. */
  change(): void {
    if (++this.changes >= this.at && this.at > 0) throw new Error("killed");
  }

  /** Makes a change, or is killed before or after it; also for changes elsewhere, such as in a catalog. */
  async around(change: () => Promise<void>): Promise<void> {
    const isLast = ++this.changes === this.at;
    if (this.at > 0 && this.changes > this.at || isLast && !this.after) throw new Error("killed");
    await change();
    if (isLast) throw new Error("killed");
  }

  override async create(name: string, bytes: Uint8Array): Promise<boolean> {
    let isNew = false;
    await this.around(async () => {
      isNew = await super.create(name, bytes);
    });
    return isNew;
  }

  override put(name: string, bytes: Uint8Array): Promise<void> {
    return this.around(() => super.put(name, bytes));
  }

  override remove(name: string): Promise<void> {
    return this.around(() => super.remove(name));
  }
}
