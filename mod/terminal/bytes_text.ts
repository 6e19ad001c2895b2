const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text, or as `base64:…` if they are not UTF-8; `null` stays `null`. */
export function bytesText(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return `base64:${bytes.toBase64()}`;
  }
}
