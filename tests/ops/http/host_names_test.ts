import assert from "node:assert/strict";
import { HostNames } from "../../../mod/ops/http/host_names.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

Deno.test("a server on loopback is asked by loopback's names alone", () => {
  const names = new HostNames({ hostname: "127.0.0.1", port: 1 });
  for (const name of LOOPBACK) assert.ok(names.include(name), name);
  for (const name of ["evil.test", "10.0.0.1", "127.0.0.1.evil.test", "node1", Deno.hostname()]) {
    assert.ok(!names.include(name), name);
  }
});

Deno.test("an open server is asked by addresses and private names, not by names of the internet", () => {
  const names = new HostNames({ hostname: "0.0.0.0", port: 1 }, ["Metrics.Example.com"]);
  const known = [...LOOPBACK, "10.0.0.1", "[fd00::1]", "consume", "metrics.example.com"];
  known.push(Deno.hostname().toLowerCase(), "ip-10-0-0-1.eu-central-1.compute.internal");
  for (const name of known) assert.ok(names.include(name), name);
  for (const name of ["evil.com", "rebind.evil.com", "1.2.3.4.evil.com", "internal.evil.com"]) {
    assert.ok(!names.include(name), name);
  }
});
