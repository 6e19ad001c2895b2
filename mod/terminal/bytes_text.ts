const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; those that are no UTF-8 as `base64:…`; `null` stays. */
export function bytesText(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return `base64:${bytes.toBase64()}`;
  }
}
