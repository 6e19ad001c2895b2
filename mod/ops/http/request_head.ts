/** The head of an HTTP/1 request. */
export interface RequestHead {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** Names in lower case. */
  headers: Headers;
  /** Whether the connection may carry another request. */
  keepAlive: boolean;
  /** Whether a body follows; nothing here reads it. */
  hasBody: boolean;
  /** Whether the client knows chunked bodies (HTTP/1.1). */
  chunked: boolean;
}

/** Why a head is refused: status and text of the answer. */
export interface BadHead {
  status: 400 | 431 | 501 | 505;
  text: string;
}

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/(\d\.\d)$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)$/;
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Reads the head of a request. It is strict: what a browser, curl or Prometheus does not send (a header over
 * two lines, a target with a host, two Host headers) is refused.
 * Source: RFC 9112, sections 2 to 6.
 * @param text the head without the empty line at its end, one character a byte
 */
export function parseRequestHead(text: string): RequestHead | BadHead {
  const [first, ...lines] = text.split("\r\n");
  const line = REQUEST_LINE.exec(first);
  if (line === null) return bad("expected METHOD /PATH HTTP/1.1");
  const [, method, target, version] = line;
  if (version !== "1.1" && version !== "1.0") return { status: 505, text: "expected HTTP/1.1\n" };
  // Nothing here handles these methods, and the class Request refuses them.
  if (/^(CONNECT|TRACE|TRACK)$/.test(method)) {
    return { status: 501, text: "expected GET or HEAD\n" };
  }
  const headers = new Headers();
  let hosts = 0;
  for (const each of lines) {
    const header = HEADER.exec(each);
    if (header === null) return bad("a header is not NAME: VALUE");
    const name = header[1].toLowerCase();
    if (name === "host") hosts++;
    headers.append(name, header[2].trimEnd());
  }
  const host = headers.get("host") ?? "";
  if (hosts !== 1 || !HOST.test(host) || !URL.canParse(`http://${host}${target}`)) {
    return bad("expected one Host header, HOST or HOST:PORT");
  }
  const connection = (headers.get("connection") ?? "").toLowerCase();
  const hasBody = headers.has("transfer-encoding") ||
    (headers.get("content-length") ?? "0") !== "0";
  return {
    method,
    target,
    headers,
    hasBody,
    chunked: version === "1.1",
    keepAlive: version === "1.1" && !hasBody && !/\bclose\b/.test(connection),
  };
}

function bad(text: string): BadHead {
  return { status: 400, text: `${text}\n` };
}
