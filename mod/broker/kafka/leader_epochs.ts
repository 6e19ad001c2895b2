/** Length of a record batch's header. */
const HEADER_LENGTH = 61;

/** Changes of leader that are remembered; commits come soon after what they are about. */
const MOST_CHANGES = 100;

/**
 * Which leader wrote what was read of a partition. A broker that is told finds out where its log departs
 * from what was read, as after an unclean election.
 */
export class LeaderEpochs {
  /** Ascending: from which offset on which epoch holds. */
  readonly #changes: Array<{ offset: number; epoch: number }> = [];

  /** The messages from an offset on are of an epoch, until the next one. */
  add(offset: number, epoch: number): void {
    const last = this.#changes.at(-1);
    if (last !== undefined && (last.epoch === epoch || last.offset > offset)) return;
    this.#changes.push({ offset, epoch });
    if (this.#changes.length > MOST_CHANGES) this.#changes.shift();
  }

  /** Forgets all: what is read next does not follow what was read. */
  clear(): void {
    this.#changes.length = 0;
  }

  /** Takes the epochs out of whole record batches. */
  addAll(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + HEADER_LENGTH <= view.byteLength;) {
      // Older forms have none.
      if (view.getInt8(at + 16) === 2) {
        this.add(Number(view.getBigInt64(at)), view.getInt32(at + 12));
      }
      const length = view.getInt32(at + 8);
      if (length <= 0) return;
      at += 12 + length;
    }
  }

  /** The epoch of the message before an offset; -1 where it is not known. */
  before(offset: number): number {
    return this.#changes.findLast((change) => change.offset < offset)?.epoch ?? -1;
  }
}
