import { describe, expect, it } from "vitest";

import { addDays, allowedGranularities, defaultGranularity, isDay, lengthInDays, presetRange, previousRange, rangeText, resolveRange, today } from "./dates";

describe("days", () => {
  it("knows which days exist", () => {
    expect(isDay("2028-02-29")).toBe(true);
    expect(isDay("2026-02-29")).toBe(false);
    expect(isDay("2026-13-01")).toBe(false);
    expect(isDay("2026-1-1")).toBe(false);
    expect(isDay("yesterday")).toBe(false);
  });
  it("walks over months, years and clock changes", () => {
    expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
    expect(lengthInDays({ from: "2026-10-20", to: "2026-10-31" })).toBe(12);
  });
  it("is the site's day", () => {
    const t = Date.parse("2026-11-20T23:30:00Z");
    expect(today(t, "UTC")).toBe("2026-11-20");
    expect(today(t, "Asia/Tokyo")).toBe("2026-11-21");
    expect(today(t, "America/Los_Angeles")).toBe("2026-11-20");
    expect(today(t, "Nowhere/Land")).toBe("2026-11-20");
  });
});

describe("presets", () => {
  it("count today as the last day", () => {
    expect(presetRange("7d", "2026-11-20")).toEqual({ from: "2026-11-14", to: "2026-11-20" });
    expect(presetRange("30d", "2026-11-20")).toEqual({ from: "2026-10-22", to: "2026-11-20" });
    expect(presetRange("today", "2026-11-20")).toEqual({ from: "2026-11-20", to: "2026-11-20" });
  });
  it("know the months", () => {
    expect(presetRange("mtd", "2026-11-20")).toEqual({ from: "2026-11-01", to: "2026-11-20" });
    expect(presetRange("last_month", "2026-03-31")).toEqual({ from: "2026-02-01", to: "2026-02-28" });
    expect(presetRange("last_month", "2026-01-05")).toEqual({ from: "2025-12-01", to: "2025-12-31" });
  });
});

describe("the asked range", () => {
  it("prefers days over a preset, and the last 30 days over nothing", () => {
    expect(resolveRange({ from: "2026-11-01", to: "2026-11-02", range: "7d" }, "2026-11-20")).toEqual({ from: "2026-11-01", to: "2026-11-02", preset: null });
    expect(resolveRange({}, "2026-11-20")).toEqual({ from: "2026-10-22", to: "2026-11-20", preset: "30d" });
  });
  it("takes no half and no backward range", () => {
    expect(resolveRange({ from: "2026-11-01" }, "2026-11-20").preset).toBe("30d");
    expect(resolveRange({ from: "2026-11-05", to: "2026-11-01" }, "2026-11-20").preset).toBe("30d");
  });
  it("is compared with as many days just before", () => {
    expect(previousRange({ from: "2026-11-14", to: "2026-11-20" })).toEqual({ from: "2026-11-07", to: "2026-11-13" });
    expect(previousRange({ from: "2026-11-20", to: "2026-11-20" })).toEqual({ from: "2026-11-19", to: "2026-11-19" });
  });
  it("is told without repeating what is the same", () => {
    expect(rangeText({ from: "2026-11-01", to: "2026-11-20" })).toBe("1 – 20 Nov 2026");
    expect(rangeText({ from: "2026-10-28", to: "2026-11-03" })).toBe("28 Oct – 3 Nov 2026");
    expect(rangeText({ from: "2025-12-28", to: "2026-01-03" })).toBe("28 Dec 2025 – 3 Jan 2026");
    expect(rangeText({ from: "2026-11-20", to: "2026-11-20" })).toBe("20 Nov 2026");
  });
});

describe("granularity", () => {
  const last = (days: number) => ({ from: addDays("2026-11-20", 1 - days), to: "2026-11-20" });
  it("gives a readable number of buckets", () => {
    expect(defaultGranularity(last(1))).toBe("h");
    expect(defaultGranularity(last(30))).toBe("d");
    expect(defaultGranularity(last(200))).toBe("w");
    expect(defaultGranularity(last(800))).toBe("m");
  });
  it("always allows its own default", () => {
    for (let days = 1; days < 900; days += 1) {
      expect(allowedGranularities(last(days)), `${days} days`).toContain(defaultGranularity(last(days)));
    }
  });
});
