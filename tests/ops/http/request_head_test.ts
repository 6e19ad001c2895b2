import assert from "node:assert/strict";
import { parseRequestHead } from "../../../mod/ops/http/request_head.ts";

const parse = (...lines: string[]) => parseRequestHead(lines.join("\r\n"));

Deno.test("a request's head is its method, target and headers", () => {
  const head = parse("GET /metrics?x=1 HTTP/1.1", "Host: 127.0.0.1:9464", "X-A: b ", "x-a:c");
  assert.ok("method" in head);
  assert.deepEqual([head.method, head.target, head.keepAlive], ["GET", "/metrics?x=1", true]);
  assert.equal(head.headers.get("x-a"), "b, c");
});

Deno.test("a connection ends where the client says so, or sends a body that is not read", () => {
  const keeps = (line: string, ...headers: string[]) => {
    const head = parse(line, "Host: a", ...headers);
    assert.ok("method" in head);
    return head.keepAlive;
  };
  assert.ok(keeps("POST / HTTP/1.1", "Content-Length: 0"));
  assert.ok(!keeps("GET / HTTP/1.1", "Connection: Close"));
  assert.ok(!keeps("GET / HTTP/1.0"));
  assert.ok(!keeps("POST / HTTP/1.1", "Content-Length: 5"));
  assert.ok(!keeps("POST / HTTP/1.1", "Transfer-Encoding: chunked"));
});

Deno.test("what is no request is refused with 400", () => {
  const bad = [
    [""],
    ["GET / HTTP/1.1"],
    ["GET / HTTP/1.1", "Host: a", "Host: b"],
    ["GET / HTTP/1.1", "Host: a b"],
    ["GET / HTTP/1.1", "Host: a/b"],
    ["GET / HTTP/1.1", "Host: a:99999"],
    ["GET / HTTP/1.1", "Host: [::1"],
    ["GET / HTTP/1.1", "Host: user@a"],
    ["GET / HTTP/1.1", "Host: a", " folded: yes"],
    ["GET / HTTP/1.1", "Host : a"],
    ["GET / HTTP/1.1", "Host: a", "x: \x00"],
    ["GET http://other/ HTTP/1.1", "Host: a"],
    ["GET  / HTTP/1.1", "Host: a"],
    ["get / HTTP/1.1", "Host: a"],
    ["\x16\x03\x01\x02"],
  ];
  for (const lines of bad) {
    const head = parse(...lines);
    assert.equal("status" in head && head.status, 400, JSON.stringify(lines));
  }
  const newer = parse("GET / HTTP/2.0", "Host: a");
  assert.equal("status" in newer && newer.status, 505);
});
