/** Campaign documents in the builder: sensible beginnings, links, findings at their fields. Pure. */

import type { Ad, AdSet, CampaignDocument, ChannelType, Creative, Finding, Objective } from "@/api/loop-types";

import { EMPTY_CREATIVE, limitOf } from "./creative";
import { addDays } from "./dates";
import { roundAmount } from "./money";

export const OBJECTIVES: { value: Objective; label: string; hint: string }[] = [
  { value: "sales", label: "Sales", hint: "Orders in your shop" },
  { value: "leads", label: "Leads", hint: "Sign-ups and enquiries" },
  { value: "traffic", label: "Traffic", hint: "Visits to a page" },
  { value: "awareness", label: "Awareness", hint: "To be seen by many" },
];

export const PROVIDERS: Record<ChannelType, { name: string; ad: string; source: string; medium: string }> = {
  sandbox: { name: "Practice", ad: "Ad", source: "sandbox", medium: "cpm" },
  meta: { name: "Meta", ad: "Ad", source: "facebook", medium: "paid_social" },
  google_ads: { name: "Google Ads", ad: "Search ad", source: "google", medium: "cpc" },
  klaviyo: { name: "Klaviyo", ad: "E-mail", source: "klaviyo", medium: "email" },
};

/** `utm_campaign` made of a name: "Herbst & Licht 2026" → `herbst-licht-2026`. */
export function slug(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60)
    .replace(/-+$/, "");
}

/** Ids that begin so are the page's own, until the API gives real ones. */
const LOCAL = "new:";
let made = 0;

export function localId(): string {
  made += 1;
  return `${LOCAL}${made}`;
}

export function isLocal(id: string): boolean {
  return id.startsWith(LOCAL);
}

/** The document as the API takes it: without the page's own ids. */
export function forApi(document: CampaignDocument): unknown {
  const strip = <T extends { id: string }>({ id, ...rest }: T) => (isLocal(id) || id === "" ? rest : { id, ...rest });
  const clean = (texts: string[]) => texts.map((text) => text.trim()).filter((text) => text !== "");
  return {
    ...document,
    name: document.name.trim(),
    landing_url: document.landing_url.trim(),
    ad_sets: document.ad_sets.map((set) =>
      strip({
        ...set,
        ads: set.ads.map((ad) =>
          strip({ ...ad, creative: { ...ad.creative, headlines: clean(ad.creative.headlines), descriptions: clean(ad.creative.descriptions) } }),
        ),
      }),
    ),
  };
}

export function emptyDocument(site: { currency: string; origins: readonly string[] }): CampaignDocument {
  const origin = site.origins.find((one) => /^https:\/\/[^*]+$/.test(one));
  return {
    name: "",
    objective: "sales",
    currency: site.currency,
    budget_total: null,
    start_at: null,
    end_at: null,
    landing_url: origin ? `${origin.replace(/\/$/, "")}/` : "",
    utm_campaign: "",
    ad_sets: [],
  };
}

/** A creative with as many empty lines as the channel wants filled. */
export function emptyCreative(channel: ChannelType, brand = ""): Creative {
  const lines = (part: "headlines" | "descriptions") => Array.from({ length: limitOf(channel, part)?.count?.min || (limitOf(channel, part) ? 1 : 0) }, () => "");
  return {
    ...EMPTY_CREATIVE,
    headlines: lines("headlines"),
    descriptions: lines("descriptions"),
    call_to_action: channel === "meta" || channel === "sandbox" ? "SHOP_NOW" : "",
    from_name: channel === "klaviyo" ? brand : "",
    body: channel === "klaviyo" ? "<h1>Hello</h1>\n<p>Write what is new, and what to do next.</p>\n" : "",
  };
}

export function newAd(channel: ChannelType, number: number, brand = ""): Ad {
  return { id: localId(), name: `${PROVIDERS[channel].ad} ${number}`, status: "active", creative: emptyCreative(channel, brand) };
}

/** An ad set with defaults that can go live: everybody in one country, a small budget, the widest bidding. */
export function newAdSet(
  channel: { id: string; type: ChannelType; name: string },
  context: { currency: string; country: string; brand: string; number?: number },
): AdSet {
  const mail = channel.type === "klaviyo";
  return {
    id: localId(),
    name: mail ? "Newsletter" : channel.type === "google_ads" ? "Search" : context.number && context.number > 1 ? `Audience ${context.number}` : "Everyone",
    channel_id: channel.id,
    channel: channel.type,
    audience: {
      countries: mail || context.country === "" ? [] : [context.country],
      age_min: channel.type === "meta" || channel.type === "sandbox" ? 18 : null,
      age_max: channel.type === "meta" || channel.type === "sandbox" ? 65 : null,
      keywords: [],
      list_id: "",
    },
    placements: [],
    bid_strategy: "lowest_cost",
    budget_daily: mail ? 0 : roundAmount(20, context.currency),
    status: "active",
    ads: [newAd(channel.type, 1, context.brand)],
  };
}

/** Minor units a day over the ad sets that run. */
export function dailyBudget(document: Pick<CampaignDocument, "ad_sets">): number {
  return document.ad_sets.reduce((sum, set) => sum + (set.status === "active" ? set.budget_daily : 0), 0);
}

/** The link an ad gets; `null` while the landing page is no address. */
export function trackedUrl(landing: string, campaign: string, channel: ChannelType, ad: string): string | null {
  try {
    const url = new URL(landing.trim());
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    const { source, medium } = PROVIDERS[channel];
    url.searchParams.set("utm_source", source);
    url.searchParams.set("utm_medium", medium);
    url.searchParams.set("utm_campaign", campaign);
    if (ad !== "" && !isLocal(ad)) url.searchParams.set("utm_content", ad);
    return url.toString();
  } catch {
    return null;
  }
}

export function hostOf(landing: string): string {
  try {
    return new URL(landing.trim()).host.replace(/^www\./, "");
  } catch {
    return "your-shop.example";
  }
}

/** The findings about one field, given by its JSON pointer: those of the field itself and of what is inside it. */
export function findingsAt(findings: readonly Finding[], pointer: string, inside = false): Finding[] {
  return findings.filter((one) => one.field === pointer || (inside && one.field.startsWith(`${pointer}/`)));
}

/** Which step of the builder a field belongs to. */
export function stepOf(pointer: string): "plan" | "channels" | "ads" {
  if (/^\/ad_sets\/\d+\/ads(\/|$)/.test(pointer)) return "ads";
  if (pointer.startsWith("/ad_sets") || pointer === "/budget_total") return "channels";
  return "plan";
}

/** Where a pointer leads, in words: "Meta · Everyone · Ad 1". */
export function placeOf(pointer: string, document: CampaignDocument): string {
  const [, set, , ad] = /^\/ad_sets\/(\d+)(\/ads\/(\d+))?/.exec(pointer) ?? [];
  const found = set === undefined ? undefined : document.ad_sets[Number(set)];
  if (!found) return "Campaign";
  const which = ad === undefined ? undefined : found.ads[Number(ad)];
  const part = /\/([a-z_]+)(?:\/\d+)?$/.exec(pointer)?.[1] ?? "";
  return [PROVIDERS[found.channel].name, found.name, which?.name, PARTS[part]].filter(Boolean).join(" · ");
}

const PARTS: Record<string, string> = {
  headlines: "headlines",
  descriptions: "descriptions",
  primary_text: "text",
  call_to_action: "button",
  image_asset_ids: "picture",
  subject: "subject",
  preview_text: "preview text",
  body: "body",
  from_name: "sender",
  from_email: "sender",
  budget_daily: "budget",
  keywords: "keywords",
  countries: "countries",
  list_id: "list",
};

/** What keeps the plan from being saved, by pointer, in words. The API checks again. */
export function problemsOf(document: CampaignDocument, now: number): Record<string, string> {
  const problems: Record<string, string> = {};
  if (document.name.trim() === "") problems["/name"] = "Give the campaign a name.";
  else if (document.name.trim().length > 120) problems["/name"] = "A name has at most 120 characters.";
  if (!/^https:\/\/[^/\s]+\.[^/\s]/i.test(document.landing_url.trim()) || trackedUrl(document.landing_url, "", "meta", "") === null) problems["/landing_url"] = "Enter the whole address of a page, beginning with https://.";
  if (document.utm_campaign !== "" && !/^[a-z0-9._-]+$/.test(document.utm_campaign)) {
    problems["/utm_campaign"] = "Use small letters, digits, dots, hyphens and underscores: other spellings of one name are counted apart.";
  }
  if (document.end_at !== null && document.end_at <= (document.start_at ?? now)) {
    problems["/end_at"] = document.start_at === null ? "The end lies in the past." : "The end must come after the start.";
  }
  return problems;
}

/** A first name for a campaign: "Sales, November 2026". */
export function suggestedName(objective: Objective, today: string): string {
  const label = OBJECTIVES.find((one) => one.value === objective)?.label ?? "Campaign";
  const month = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(Date.parse(`${today}T00:00:00Z`));
  return `${label}, ${month}`;
}

/** A day to begin with in a date field: tomorrow at nine. */
export function tomorrowAtNine(today: string): string {
  return `${addDays(today, 1)}T09:00`;
}
