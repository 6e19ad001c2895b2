/** Replacement of a secret. */
export const REDACTED = "(secret)";

/** Shorter ones would make ordinary words unreadable, and so give themselves away. */
const SHORTEST = 4;

/** Takes secrets out of texts. The last guard, for foreign errors: our own messages have no secrets in them. */
export class Secrets {
  /** The longest first, so that one which contains another is replaced as a whole. */
  #words: readonly string[] = [];

  /** Adds secrets, as they are and as they are written in JSON, in URLs and in forms. */
  keep(...secrets: ReadonlyArray<string | undefined>): void {
    const words = new Set(this.#words);
    for (const secret of secrets) {
      if (secret === undefined || secret.length < SHORTEST) continue;
      words.add(secret);
      words.add(JSON.stringify(secret).slice(1, -1));
      words.add(encodeURIComponent(secret));
      words.add(new URLSearchParams([["", secret]]).toString().slice(1));
    }
    if (words.size === this.#words.length) return;
    this.#words = [...words].sort((a, b) => b.length - a.length);
  }

  /** The text with {@linkcode REDACTED} in the place of each secret. */
  redact(text: string): string {
    return this.#words.reduce((text, word) => text.replaceAll(word, REDACTED), text);
  }
}

/**
 * The secrets of this process: those of its settings, and those that it gets while it runs, such as AWS credentials
 * from a profile or a token from a catalog.
 */
export const OWN_SECRETS: Secrets = new Secrets();
