import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { parseListenAddress, urlOf } from "../../../mod/ops/http/listen_address.ts";

Deno.test("an address is HOST:PORT, [IPv6]:PORT, :PORT for all interfaces or PORT for this host", () => {
  const parse = (text: string) => parseListenAddress(text, "--metrics");
  assert.deepEqual(parse("0.0.0.0:9464"), { hostname: "0.0.0.0", port: 9464 });
  assert.deepEqual(parse("[::1]:9464"), { hostname: "::1", port: 9464 });
  assert.deepEqual(parse(":9464"), { hostname: "0.0.0.0", port: 9464, isAnywhere: true });
  assert.deepEqual(parse("9464"), { hostname: "127.0.0.1", port: 9464 });
});

Deno.test("what is no address is refused with its source and what was expected", () => {
  for (const text of ["", "host", "host:", "host:99999", "http://host:80", "::1:9464", "a:b:1"]) {
    assert.throws(() => parseListenAddress(text, "--metrics"), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /^--metrics: expected HOST:PORT, :PORT or PORT, found "/);
      return true;
    }, text);
  }
});

Deno.test("an IPv6 address stands in brackets in its URL", () => {
  assert.equal(urlOf({ hostname: "::1", port: 1 }), "http://[::1]:1");
  assert.equal(urlOf({ hostname: "127.0.0.1", port: 1 }), "http://127.0.0.1:1");
});
