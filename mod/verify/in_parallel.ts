/** Does jobs, some at a time. */
export async function inParallel(
  jobs: ReadonlyArray<() => Promise<void>>,
  atOnce: number,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < jobs.length) await jobs[next++]();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
