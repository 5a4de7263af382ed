// What a 204 promises: no acknowledged event is lost and none is counted twice, however often the runtime is killed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { xtask } from "../tools/testing.mjs";

test("20,000 events and a dozen SIGKILLs: every acknowledged event is in D1 and in R2 exactly once", async () => {
  const { stdout } = await xtask(["kill", "--events", "20000", "--kills", "12"]);
  const verdict = stdout.split("\n").find((line) => line.startsWith("acknowledged="));
  assert.ok(verdict, stdout);
  const { acknowledged, d1, r2, lost, duplicated } = Object.fromEntries(
    verdict.split(" ").map((pair) => pair.split("=")).map(([name, value]) => [name, Number(value)]),
  );
  console.log(verdict);
  assert.ok(acknowledged >= 20_000, verdict);
  assert.deepEqual({ d1, r2, lost, duplicated }, { d1: acknowledged, r2: acknowledged, lost: 0, duplicated: 0 });
});
