import { describe, expect, it } from "vitest";

import { attributionSearch } from "@/features/attribution/search";
import { dashboardSearch } from "@/features/dashboard/search";

import { day, flag, integer, number, oneOf, safeRedirect, scopeSearch, sort, text } from "./search";

const given = (value: object) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

describe("parameters", () => {
  it("drop what makes no sense", () => {
    expect(text("  ")).toBeUndefined();
    expect(text({})).toBeUndefined();
    expect(text(42)).toBe("42");
    expect(text("x".repeat(500))).toHaveLength(200);
    expect(number("7.5", 0, 10)).toBe(7.5);
    expect(number("", 0, 10)).toBeUndefined();
    expect(number(11, 0, 10)).toBeUndefined();
    expect(integer(7.5, 0, 10)).toBeUndefined();
    expect(day("2026-02-30")).toBeUndefined();
    expect(sort("value.desc")).toBe("value.desc");
    expect(sort("value; drop")).toBeUndefined();
    expect(flag("yes")).toBeUndefined();
    expect(flag("true")).toBe(true);
  });
  it("keep defaults out of the URL", () => {
    expect(oneOf("a", ["a", "b"], "a")).toBeUndefined();
    expect(oneOf("b", ["a", "b"], "a")).toBe("b");
    expect(oneOf("c", ["a", "b"], "a")).toBeUndefined();
  });
});

describe("the scope", () => {
  it("is empty for an empty or a nonsense URL", () => {
    expect(given(scopeSearch({}))).toEqual({});
    expect(given(scopeSearch({ range: "forever", from: "x", to: 3, compare: "previous", site: [] }))).toEqual({});
  });
  it("takes both days or none", () => {
    expect(given(scopeSearch({ from: "2026-11-01" }))).toEqual({});
    expect(given(scopeSearch({ from: "2026-11-09", to: "2026-11-01", range: "7d" }))).toEqual({ range: "7d" });
    expect(given(scopeSearch({ from: "2026-11-01", to: "2026-11-09", range: "7d" }))).toEqual({ from: "2026-11-01", to: "2026-11-09" });
  });
  it("survives a round trip", () => {
    const search = given(scopeSearch({ site: "demo-site", range: "90d", compare: "none" }));
    expect(search).toEqual({ site: "demo-site", range: "90d", compare: "none" });
    expect(given(scopeSearch(search))).toEqual(search);
  });
});

describe("pages", () => {
  it("read the dashboard's choices", () => {
    expect(given(dashboardSearch({ metric: "revenue", gran: "d", by: "planet", sort: "value.desc" }))).toEqual({ gran: "d" });
    expect(given(dashboardSearch({ metric: "cvr", by: "device", channel: "Email", sort: "roas.asc" }))).toEqual({
      metric: "cvr",
      by: "device",
      channel: "Email",
      sort: "roas.asc",
    });
  });
  it("read the model, the window and the half-life", () => {
    expect(given(attributionSearch({ model: "linear", vs: "first_touch", window: "14", half_life: 3.5, tab: "paths", by: "channel" }))).toEqual({
      model: "linear",
      vs: "first_touch",
      window: 14,
      half_life: 3.5,
      tab: "paths",
    });
    expect(given(attributionSearch({ window: 0, half_life: -1, converted: "yes" }))).toEqual({});
  });
});

describe("the way back after signing in", () => {
  it("stays on this site", () => {
    expect(safeRedirect("/journeys?q=ada")).toBe("/journeys?q=ada");
    for (const bad of ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "/login?redirect=/login", 7]) {
      expect(safeRedirect(bad), String(bad)).toBeUndefined();
    }
  });
});
