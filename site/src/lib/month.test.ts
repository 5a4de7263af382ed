import { describe, expect, it } from "vitest";

import { byDay, isMonth, monthGrid, monthName, shiftMonth } from "./month";

describe("a month", () => {
  it("is shown in whole weeks from Monday on", () => {
    const grid = monthGrid("2026-11");
    expect(grid[0]).toEqual(["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30", "2026-10-31", "2026-11-01"]);
    expect(grid).toHaveLength(6);
    expect(grid.at(-1)?.at(-1)).toBe("2026-12-06");
  });
  it("has four rows when it begins on a Monday and has 28 days", () => {
    const grid = monthGrid("2027-02");
    expect(grid).toHaveLength(4);
    expect(grid[0]?.[0]).toBe("2027-02-01");
    expect(grid[3]?.[6]).toBe("2027-02-28");
  });
  it("holds each of its days once, whichever month it is", () => {
    for (let month = "2024-01"; month < "2028-01"; month = shiftMonth(month, 1)) {
      const days = monthGrid(month).flat();
      expect(new Set(days).size).toBe(days.length);
      const own = days.filter((day) => day.startsWith(month));
      expect(own).toHaveLength(new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate());
    }
  });
  it("crosses the turn of the year", () => {
    expect(shiftMonth("2026-12", 1)).toBe("2027-01");
    expect(shiftMonth("2026-01", -1)).toBe("2025-12");
    expect(monthName("2026-11")).toBe("November 2026");
    expect(isMonth("2026-13")).toBe(false);
    expect(isMonth("2026-02")).toBe(true);
    expect(isMonth(7)).toBe(false);
  });
  it("puts a thing on the site's day, not the browser's", () => {
    const late = { at: Date.parse("2026-11-20T23:30:00Z"), title: "late" };
    const early = { at: Date.parse("2026-11-20T01:00:00Z"), title: "early" };
    expect([...byDay([late, early], "UTC").entries()]).toEqual([["2026-11-20", [early, late]]]);
    expect([...byDay([late], "Asia/Tokyo").keys()]).toEqual(["2026-11-21"]);
  });
});
