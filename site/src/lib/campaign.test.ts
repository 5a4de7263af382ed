import { describe, expect, it } from "vitest";

import { dailyBudget, emptyDocument, findingsAt, forApi, newAdSet, placeOf, problemsOf, slug, stepOf, suggestedName, trackedUrl } from "./campaign";

const site = { currency: "EUR", origins: ["https://*.nordlicht.test", "https://nordlicht.test"] };
const channel = { id: "c1", type: "google_ads", name: "Nordlicht" } as const;
const context = { currency: "EUR", country: "DE", brand: "Nordlicht" };

describe("a new campaign", () => {
  it("begins with what is known", () => {
    expect(emptyDocument(site)).toMatchObject({ currency: "EUR", landing_url: "https://nordlicht.test/", objective: "sales" });
    expect(emptyDocument({ currency: "EUR", origins: ["*"] }).landing_url).toBe("");
    expect(suggestedName("sales", "2026-11-20")).toBe("Sales, November 2026");
  });
  it("has as many lines as the channel wants filled", () => {
    const set = newAdSet(channel, context);
    expect(set.ads[0]?.creative.headlines).toHaveLength(3);
    expect(set.ads[0]?.creative.descriptions).toHaveLength(2);
    expect(newAdSet({ ...channel, type: "meta" }, context).ads[0]?.creative).toMatchObject({ headlines: [""], call_to_action: "SHOP_NOW" });
    expect(newAdSet({ ...channel, type: "klaviyo" }, context)).toMatchObject({ budget_daily: 0, ads: [{ creative: { from_name: "Nordlicht" } }] });
  });
  it("is sent without the page's own ids and empty lines", () => {
    const set = newAdSet(channel, context);
    const sent = forApi({ ...emptyDocument(site), ad_sets: [set, { ...set, id: "s1" }] }) as { ad_sets: { id?: string; ads: { id?: string; creative: { headlines: string[] } }[] }[] };
    expect(sent.ad_sets.map((one) => one.id)).toEqual([undefined, "s1"]);
    expect(sent.ad_sets[0]?.ads[0]?.id).toBeUndefined();
    expect(sent.ad_sets[0]?.ads[0]?.creative.headlines).toEqual([]);
  });
  it("spends what its running ad sets spend", () => {
    const set = newAdSet(channel, context);
    expect(dailyBudget({ ad_sets: [set, { ...set, status: "paused" }, set] })).toBe(4000);
  });
});

describe("links", () => {
  it("carry the campaign's parameters and keep the page's own", () => {
    expect(trackedUrl("https://nordlicht.test/new?color=red", "autumn", "meta", "a1")).toBe(
      "https://nordlicht.test/new?color=red&utm_source=facebook&utm_medium=paid_social&utm_campaign=autumn&utm_content=a1",
    );
    expect(trackedUrl("nordlicht.test", "autumn", "meta", "")).toBeNull();
    expect(trackedUrl("javascript:alert(1)", "autumn", "meta", "")).toBeNull();
  });
  it("are named after the campaign", () => {
    expect(slug("Herbst & Licht 2026")).toBe("herbst-licht-2026");
    expect(slug("Größe Ålesund")).toBe("grosse-alesund");
    expect(slug("北欧")).toBe("");
    expect(slug("a".repeat(80))).toHaveLength(60);
  });
});

describe("findings", () => {
  const one = (field: string) => ({ rule: "r", severity: "warning" as const, field, message: "", source: "" });
  const document = { ...emptyDocument(site), ad_sets: [newAdSet(channel, context)] };
  it("stand at their field", () => {
    const all = [one("/name"), one("/ad_sets/0/ads/0/creative/headlines/1"), one("/ad_sets/0/ads/0/creative/headlines/10")];
    expect(findingsAt(all, "/ad_sets/0/ads/0/creative/headlines/1")).toHaveLength(1);
    expect(findingsAt(all, "/ad_sets/0/ads/0/creative/headlines", true)).toHaveLength(2);
    expect(findingsAt(all, "/ad_sets/0/ads/0/creative/headlines")).toHaveLength(0);
  });
  it("lead to the step that mends them", () => {
    expect(stepOf("/landing_url")).toBe("plan");
    expect(stepOf("/ad_sets/0/budget_daily")).toBe("channels");
    expect(stepOf("/ad_sets")).toBe("channels");
    expect(stepOf("/ad_sets/0/ads/0/creative/headlines/1")).toBe("ads");
  });
  it("say where they are", () => {
    expect(placeOf("/ad_sets/0/ads/0/creative", document)).toBe("Google Ads · Search · Search ad 1");
    expect(placeOf("/ad_sets/0/budget_daily", document)).toBe("Google Ads · Search · budget");
    expect(placeOf("/ad_sets/0/ads/0/creative/headlines/2", document)).toBe("Google Ads · Search · Search ad 1 · headlines");
    expect(placeOf("/ad_sets/7", document)).toBe("Campaign");
    expect(placeOf("/name", document)).toBe("Campaign");
  });
});

describe("what keeps a plan from being saved", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const fine = { ...emptyDocument(site), name: "Autumn" };
  it("is told at its field", () => {
    expect(problemsOf(fine, now)).toEqual({});
    expect(Object.keys(problemsOf({ ...fine, name: " ", landing_url: "shop", utm_campaign: "a b" }, now))).toEqual(["/name", "/landing_url", "/utm_campaign"]);
  });
  it("includes an end before the start, or in the past", () => {
    expect(problemsOf({ ...fine, start_at: now + 2, end_at: now + 1 }, now)["/end_at"]).toContain("after the start");
    expect(problemsOf({ ...fine, end_at: now - 1 }, now)["/end_at"]).toContain("past");
    expect(problemsOf({ ...fine, start_at: now + 1, end_at: now + 2 }, now)).toEqual({});
  });
});
