import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { may, RIGHTS, ROLES, whoMay } from "./roles";

describe("rights", () => {
  it("are the API's own", () => {
    // The permission table as the API's test writes it: `xx-- EditCampaigns`, one letter a role.
    const source = readFileSync(new URL("../../../crates/control/src/role.rs", import.meta.url), "utf8");
    const table = new Map([...source.matchAll(/"([x-]{4}) (\w+)"/g)].map(([, who = "", name = ""]) => [name, who]));
    for (const right of RIGHTS) {
      const name = right.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      expect([right, ROLES.map((role) => (may(role, right) ? "x" : "-")).join("")]).toEqual([right, table.get(name)]);
    }
  });
  it("say who has them", () => {
    expect(whoMay("manage_team")).toBe("admins");
    expect(whoMay("edit_campaigns")).toBe("admins and marketers");
    expect(whoMay("stop_spending")).toBe("admins, marketers and approvers");
  });
});
