/**
 * How many values a miniblock has.
 * @throws {Error} when no writer makes as many: 0 would never come to an end
 */
export function checkedMiniblock(blockSize: number, miniblocks: number): number {
  const size = blockSize / miniblocks;
  if (miniblocks > 0 && size > 0 && size % 8 === 0) return size;
  throw new Error(`a page with blocks of ${blockSize} values in ${miniblocks} miniblocks`);
}
