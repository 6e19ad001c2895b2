import { Failure, messageOf } from "../../failure/failure.ts";
import type { ListenAddress } from "./listen_address.ts";

/**
 * Serves HTTP until the signal aborts.
 * @param source the setting that gave the address, as a failure names it
 * @throws {Failure} kind `failed`, when it cannot listen there
 */
export function serveHttp(
  address: ListenAddress,
  source: string,
  signal: AbortSignal,
  answer: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ ...address, signal, onListen: () => {} }, answer);
  } catch (cause) {
    const { hostname, port } = address;
    throw new Failure(
      "failed",
      `${source}: cannot listen on ${hostname}:${port}: ${messageOf(cause)}`,
      { cause, fix: "Take another port, or stop the program that listens there (ss -ltnp)." },
    );
  }
}
