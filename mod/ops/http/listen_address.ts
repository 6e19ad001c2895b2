import { Failure } from "../../failure/failure.ts";

/** Where a server listens. */
export interface ListenAddress {
  hostname: string;
  /** 0: any free port. */
  port: number;
  /** Whether it was given as `:PORT`, which not everyone reads as "all interfaces". */
  isAnywhere?: true;
}

/**
 * Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (all interfaces) or `PORT` (this host only).
 * @param source where the text came from, as the message names it
 * @throws {Failure} kind `usage`
 */
export function parseListenAddress(text: string, source: string): ListenAddress {
  const match = /^(?:(?:\[([\da-fA-F:.]+)\]|([^:\[\]/]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new Failure(
      "usage",
      `${source}: expected HOST:PORT, :PORT or PORT, found ${JSON.stringify(text)}`,
    );
  }
  const host = match[1] ?? match[2];
  if (host === "") return { hostname: "0.0.0.0", port, isAnywhere: true };
  return { hostname: host ?? "127.0.0.1", port };
}

/** The URL of an address. */
export function urlOf({ hostname, port }: ListenAddress): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
