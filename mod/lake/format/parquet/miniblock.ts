/**
 * Number of values in a miniblock.
 * @throws {Error} when no writer makes such blocks; blocks of 0 values would never end
 */
export function checkedMiniblock(blockSize: number, miniblocks: number): number {
  const size = blockSize / miniblocks;
  if (miniblocks > 0 && size > 0 && size % 8 === 0) return size;
  throw new Error(`a page with blocks of ${blockSize} values in ${miniblocks} miniblocks`);
}
