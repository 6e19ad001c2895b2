import type { ListenAddress } from "./listen_address.ts";

/** Whether an address or name is this host alone. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Endings of names that only a private resolver answers. Source: RFC 6762, RFC 9476, ICANN on `.internal`. */
const PRIVATE = /\.(internal|local|lan|home\.arpa|svc|localhost)$/;

/**
 * The names under which a server may be asked. A page of another site can give a name of its own an address
 * that leads here (DNS rebinding), and would read what we answer; such a name is one of the public internet.
 * A server on loopback is asked by loopback's names alone. Another one by an address, by this host's name, by
 * names that no public resolver knows, and by those that the user adds.
 */
export class HostNames {
  readonly #isLocal: boolean;
  readonly #added: ReadonlySet<string>;

  /** @param added names without a port, in any case */
  constructor({ hostname }: ListenAddress, added: readonly string[] = []) {
    this.#isLocal = isLoopback(hostname);
    this.#added = new Set([hostname, ...added].map((name) => name.toLowerCase()));
  }

  /** @param name of a request's URL, an IPv6 address in brackets */
  include(name: string): boolean {
    const bare = name.replace(/^\[|\]$/g, "");
    if (isLoopback(bare) || this.#added.has(bare)) return true;
    if (this.#isLocal) return false;
    const isAddress = name.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(bare);
    return isAddress || !bare.includes(".") || PRIVATE.test(bare) ||
      bare === Deno.hostname().toLowerCase();
  }
}
