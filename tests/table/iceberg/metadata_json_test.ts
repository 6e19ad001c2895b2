import assert from "node:assert/strict";
import { formatJson, parseJson } from "../../../mod/table/iceberg/metadata_json.ts";

Deno.test("snapshot ids of 63 bits survive JSON, as do other integers beyond 2^53", () => {
  const text =
    '{"current-snapshot-id":9223372036854775807,"parent-snapshot-id":3,"big":9007199254740993,' +
    '"small":9007199254740991,"share":0.5,"text":"9223372036854775807"}';
  const value = parseJson(text);
  assert.deepEqual(value, {
    "current-snapshot-id": 9223372036854775807n,
    "parent-snapshot-id": 3n,
    big: 9007199254740993n,
    small: 9007199254740991,
    share: 0.5,
    text: "9223372036854775807",
  });
  assert.equal(formatJson(value), text);
});
