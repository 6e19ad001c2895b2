import assert from "node:assert/strict";
import { nearestName } from "../../mod/config/nearest_name.ts";

const KNOWN = ["KAFKA_TOPIC", "KAFKA_GROUP_ID", "AWS_S3_BUCKET"];

Deno.test("a name with up to two wrong, missing or superfluous letters is recognised", () => {
  assert.equal(nearestName("KAFKA_TOPICS", KNOWN), "KAFKA_TOPIC");
  assert.equal(nearestName("KAFKA_GROUPID", KNOWN), "KAFKA_GROUP_ID");
  assert.equal(nearestName("AWS_S3_BUKCET", KNOWN), "AWS_S3_BUCKET");
});

Deno.test("another name is not", () => {
  assert.equal(nearestName("KAFKA_HOST", KNOWN), undefined);
  assert.equal(nearestName("AWS_REGION", KNOWN), undefined);
  assert.equal(nearestName("", KNOWN), undefined);
});

Deno.test("the nearest of two is taken", () => {
  assert.equal(nearestName("abcd", ["abxy", "abcx"]), "abcx");
});
