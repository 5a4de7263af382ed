import { expect, test } from "vitest";

import { stepsDone } from "./steps-done";

const nothing = { sessions: 0, accounts: [], members: ["admin"], campaigns: [] };

test("a new shop with one person has everything before it", () => {
  expect([...stepsDone(nothing)]).toEqual([]);
});

test("an approver counts once there is somebody else who can ask", () => {
  expect(stepsDone({ ...nothing, members: ["approver"] }).has("approver")).toBe(false);
  expect(stepsDone({ ...nothing, members: ["marketer", "analyst"] }).has("approver")).toBe(false);
  expect(stepsDone({ ...nothing, members: ["marketer", "approver"] }).has("approver")).toBe(true);
  expect(stepsDone({ ...nothing, members: ["admin", "admin"] }).has("approver")).toBe(true);
});

test("an account that fell out of its connection is not connected, a paused campaign has been out", () => {
  expect([...stepsDone({ ...nothing, sessions: 3, accounts: ["expired"], campaigns: ["draft"] })]).toEqual(["pixel", "campaign"]);
  expect([...stepsDone({ ...nothing, accounts: ["expired", "connected"], campaigns: ["draft", "paused"] })]).toEqual(["account", "campaign", "live"]);
});
