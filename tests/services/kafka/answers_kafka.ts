/**
 * Whether a broker on a loopback port answers an ApiVersions request, which it does from the moment
 * that it serves clients. A listener with TLS counts as answering when it accepts a connection.
 */
export async function answersKafka(port: number, protocol: string): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    if (protocol.endsWith("SSL")) return true;
    // Length 10, API 18 (ApiVersions) version 0, correlation 1, no client id.
    await connection.write(Uint8Array.of(0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255));
    return await connection.read(new Uint8Array(4)) !== null;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    if (error instanceof Deno.errors.ConnectionReset) return false;
    throw error;
  }
}
