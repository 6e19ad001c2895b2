/** The port of `ticklake reset`: a consumer group's offsets, set from outside of it. */

/** An offset to be committed for a group. */
export interface OffsetToSet {
  partition: number;
  offset: number;
  /** Text to commit with it, at most 4 KiB. */
  metadata: string;
}

/** Sets a group's offsets, while it has no member. */
export interface GroupAdmin {
  /** Members that the group has now, of any topic; 0 for a group that is not known. */
  members(group: string, signal: AbortSignal): Promise<number>;
  /**
   * Commits offsets for a group without members, durable when it returns.
   * @throws {Failure} kind `usage`, when the group has a member: nothing was committed; kind `service`
   */
  setOffsets(
    group: string,
    topic: string,
    offsets: readonly OffsetToSet[],
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}
