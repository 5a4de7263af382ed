import { describe, expect, it } from "vitest";

import type { Change } from "@/api/loop-types";

import { newAdSet } from "./campaign";
import { actionText, audienceParts, audienceText, listDiff, objectText, shapeOf, valueText } from "./describe-plan";

const change = (part: Partial<Change>): Change => ({ path: "/x", label: "X", unit: "text", before: null, after: null, spends: false, ...part });

describe("a change's values", () => {
  it("are read by their unit, in the campaign's currency and the site's zone", () => {
    const text = (value: unknown, part: Partial<Change>) => valueText(value, change(part), "JPY", "Asia/Tokyo");
    expect(text(4000, { unit: "money" })).toBe("¥4,000");
    expect(text(Date.parse("2026-11-20T23:30:00Z"), { unit: "time" })).toBe("21 Nov, 08:30");
    expect(text("lowest_cost", { path: "/ad_sets/1/bid_strategy" })).toBe("Most results for the budget");
    expect(text("paused", { path: "/ad_sets/1/status" })).toBe("Paused");
    expect(text("SHOP_NOW", { path: "/ad_sets/1/ads/2/creative/call_to_action" })).toBe("Shop now");
    expect(text("paused", { path: "/name" })).toBe("paused");
    expect(text(null, { unit: "money" })).toBe("");
  });
  it("are shown as what they are", () => {
    expect(shapeOf(change({ unit: "object" }))).toBe("object");
    expect(shapeOf(change({ unit: "list" }))).toBe("list");
    expect(shapeOf(change({ unit: "money", before: 1, after: 2 }))).toBe("value");
    expect(shapeOf(change({ before: "short", after: "shorter" }))).toBe("value");
    expect(shapeOf(change({ before: "short", after: "long ".repeat(20) }))).toBe("text");
  });
});

describe("lists", () => {
  it("tell what came, stayed and went, repeats counted", () => {
    expect(listDiff(["a", "b", "b"], ["b", "c"])).toEqual([
      { text: "b", kind: "same" },
      { text: "c", kind: "added" },
      { text: "a", kind: "removed" },
      { text: "b", kind: "removed" },
    ]);
    expect(listDiff([], ["x"])).toEqual([{ text: "x", kind: "added" }]);
  });
});

describe("a whole ad set", () => {
  it("is told in lines with its ads", () => {
    const set = newAdSet({ id: "c1", type: "meta", name: "M" }, { currency: "EUR", country: "DE", brand: "" });
    const [ad] = set.ads;
    if (ad) ad.creative = { ...ad.creative, primary_text: "Lamps", headlines: ["Warm", "Light"], image_asset_ids: ["a1"] };
    const told = objectText(set, "EUR");
    expect(told.lines.map((line) => `${line.label}: ${line.text}`)).toEqual([
      "Daily budget: €20.00",
      "Audience: Germany · ages 18 to 65+",
      "Bidding: Most results for the budget",
    ]);
    expect(told.parts[0]?.lines.map((line) => line.text)).toEqual(["Lamps", "Warm | Light", "Shop now", "1 image"]);
  });
  it("reaches everybody when nobody is left out", () => {
    expect(audienceText({})).toBe("Everybody");
    expect(audienceText({ countries: ["DE", "AT", "CH", "SE"], keywords: ["lamp"] })).toBe("Germany, Austria and 2 more countries · 1 keyword: lamp");
  });
  it("has an audience whose parts can be compared one by one", () => {
    expect(audienceParts({ countries: ["DE"], age_min: 18, keywords: ["lamp"] }).map(({ items }) => items)).toEqual([["Germany"], ["18 to any"], ["lamp"], []]);
    expect(audienceParts(null).flatMap(({ items }) => items)).toEqual([]);
  });
  it("survives what it does not know", () => {
    expect(objectText(null, "EUR")).toEqual({ lines: [], parts: [] });
    expect(objectText("text", "EUR")).toEqual({ lines: [], parts: [] });
  });
});

describe("a history", () => {
  it("is told in words, also of what is not known yet", () => {
    expect(actionText({ action: "campaign.submit", after: { reason: "As agreed" } })).toBe("Submitted it for approval: “As agreed”");
    expect(actionText({ action: "campaign.pause", after: null })).toBe("Paused");
    expect(actionText({ action: "campaign.something_new" })).toBe("Something new");
  });
});
