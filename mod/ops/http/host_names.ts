import type { ListenAddress } from "./listen_address.ts";

/** Whether an address or name is loopback. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Endings of names that only a private resolver answers. Source: RFC 6762, RFC 9476, ICANN on `.internal`. */
const PRIVATE = /\.(internal|local|lan|home\.arpa|svc|localhost)$/;

/**
 * The host names that requests may use. A page of another site can point its own name at this host (DNS rebinding)
 * and read the answers; such a name is one of the public internet. A server on loopback accepts only loopback's names.
 * Any other accepts addresses, this host's name, names that no public resolver knows, and those that the user adds.
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
