/** Length of a record batch's header. */
const HEADER_LENGTH = 61;

/** Changes of leader that are remembered; commits come soon after what they are about. */
const MOST_CHANGES = 100;

/** Offsets `[first, end)` that one leader wrote, as far as they were read. */
interface Stretch {
  first: number;
  end: number;
  epoch: number;
}

/**
 * Which leader wrote what was read of a partition. A broker that is told finds out where its log departs
 * from what was read, as after an unclean election.
 */
export class LeaderEpochs {
  /** Ascending. Between two of them nothing was read: those messages were compacted away. */
  readonly #stretches: Stretch[] = [];

  /** The message before an offset is of an epoch; below zero it is not known. */
  add(offset: number, epoch: number): void {
    if (epoch >= 0) this.#add({ first: offset - 1, end: offset, epoch });
  }

  #add({ first, end, epoch }: Stretch): void {
    const last = this.#stretches.at(-1);
    if (last !== undefined && last.first > first) return;
    if (last?.epoch === epoch) {
      last.end = Math.max(last.end, end);
      return;
    }
    this.#stretches.push({ first, end, epoch });
    if (this.#stretches.length > MOST_CHANGES) this.#stretches.shift();
  }

  /** Forgets all: what is read next does not follow what was read. */
  clear(): void {
    this.#stretches.length = 0;
  }

  /** Takes the epochs out of whole record batches. */
  addAll(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + HEADER_LENGTH <= view.byteLength;) {
      const epoch = epochAt(view, at);
      if (epoch >= 0) {
        const first = Number(view.getBigInt64(at));
        this.#add({ first, end: first + view.getInt32(at + 23) + 1, epoch });
      }
      const length = view.getInt32(at + 8);
      if (length <= 0) return;
      at += 12 + length;
    }
  }

  /**
   * The epoch of the message before an offset; -1 if it is not known, as of an offset at which
   * nothing that was read ends.
   */
  before(offset: number): number {
    const last = this.#stretches.findLast(({ first }) => first < offset);
    return last !== undefined && offset <= last.end ? last.epoch : -1;
  }
}

/** The epoch of the first of some record batches; -1 if it has none, or there is none. */
export function firstEpoch(bytes: Uint8Array): number {
  if (bytes.length < HEADER_LENGTH) return -1;
  return epochAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}

/** Forms of record batches before version 2 have none. */
function epochAt(view: DataView, at: number): number {
  return view.getInt8(at + 16) === 2 ? view.getInt32(at + 12) : -1;
}
