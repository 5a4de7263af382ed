import { describe, expect, it } from "vitest";

import { fromLocal, toLocal, zoneName } from "./zoned";

describe("a site's wall clock", () => {
  it("is typed and shown in the site's zone", () => {
    expect(fromLocal("2026-11-20T14:05", "UTC")).toBe(Date.parse("2026-11-20T14:05:00Z"));
    expect(fromLocal("2026-11-20T14:05", "Asia/Tokyo")).toBe(Date.parse("2026-11-20T05:05:00Z"));
    expect(fromLocal("2026-07-01T09:00", "America/New_York")).toBe(Date.parse("2026-07-01T13:00:00Z"));
    expect(toLocal(Date.parse("2026-11-20T23:30:00Z"), "Asia/Tokyo")).toBe("2026-11-21T08:30");
  });
  it("comes back as it was typed, all year round", () => {
    for (const zone of ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland"]) {
      for (let month = 1; month <= 12; month += 1) {
        const local = `2026-${String(month).padStart(2, "0")}-15T12:30`;
        expect(toLocal(fromLocal(local, zone) ?? 0, zone)).toBe(local);
      }
    }
  });
  it("takes an hour that comes twice the first time, and one that never comes as the next", () => {
    expect(fromLocal("2026-10-25T02:30", "Europe/Berlin")).toBe(Date.parse("2026-10-25T00:30:00Z"));
    expect(fromLocal("2026-03-29T02:30", "Europe/Berlin")).toBe(Date.parse("2026-03-29T01:30:00Z"));
  });
  it("is nothing for text that is no time", () => {
    expect(fromLocal("", "UTC")).toBeNull();
    expect(fromLocal("tomorrow", "UTC")).toBeNull();
    expect(fromLocal("2026-13-45T99:00", "UTC")).toBeNull();
  });
  it("says which zone it is", () => {
    const t = Date.parse("2026-11-20T12:00:00Z");
    expect(zoneName(t, "UTC")).toBe("UTC");
    expect(zoneName(t, "America/New_York")).toBe("America/New York, UTC−5");
    expect(zoneName(t, "Asia/Kolkata")).toBe("Asia/Kolkata, UTC+5:30");
  });
});
