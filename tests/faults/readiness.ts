/** Whether a process is ready according to `/readyz`. @param port of its `--metrics` */
export async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  await response.body?.cancel();
  return response.status === 200;
}
