/**
 * The campaign half of the API with the invented shop's campaigns, kept in memory: what a page changes stays changed
 * until the development server restarts. States follow the same moves as the API's; checks are a few of its rules.
 */
import type {
  Ad,
  AdSet,
  Approval,
  Asset,
  Brand,
  CalendarEntry,
  Campaign,
  CampaignDetail,
  CampaignDocument,
  CampaignStatus,
  Change,
  ChannelType,
  ConnectedChannel,
  Diff,
  Finding,
  Guardrails,
  HistoryEntry,
  Publication,
} from "@/api/loop-types";
import { newAdSet, PROVIDERS, slug } from "@/lib/campaign";
import { fill, limitOf } from "@/lib/creative";

import { noise } from "./shop";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const ADA = "Ada Lindqvist";

export interface LoopAsked {
  path: string;
  query: URLSearchParams;
  site: { key: string; currency: string; origins: readonly string[] };
  empty: boolean;
  state: string;
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", ...headers } });
}

function problem(status: number, title: string, detail: string, errors?: { field: string; detail: string }[]): Response {
  return json({ type: "about:blank", title, status, detail, ...(errors ? { errors } : {}) }, status);
}

let made = 0;
const id = (kind: string) => `${kind}-${(made += 1)}`;

// ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const channels: ConnectedChannel[] = (
  [
    ["ch-meta", "meta", "Nordlicht Home DE (practice)", "act_1042", "connected", ""],
    ["ch-google", "google_ads", "Nordlicht Search", "482-113-9920", "failing", "Google Ads did not answer three times in a row (503). The next attempt is in 4 minutes; campaigns go on as they are there."],
    ["ch-klaviyo", "klaviyo", "Nordlicht letters", "XkQ2vT", "needs_reauth", "Klaviyo refuses the key: it was deleted in the account's settings. Make a new private key there and connect again."],
    ["ch-sandbox", "sandbox", "Practice account", "practice-1", "connected", ""],
  ] as const
).map(([key, type, name, account, status, error], index) => ({
  id: key,
  site: "demo-site",
  type,
  name,
  account_id: account,
  currency: "EUR",
  time_zone: "Europe/Berlin",
  status,
  accounts: [],
  last_error: error,
  last_error_at: error ? Date.now() - 11 * 60_000 : null,
  last_sync_at: index === 3 ? null : Date.now() - (index + 1) * 47 * 60_000,
  credentials_expire_at: type === "meta" ? Date.now() + 5 * DAY : null,
  created_at: Date.now() - 40 * DAY,
}));

const providers = [
  { type: "sandbox", name: "Practice channel", auth: "oauth", configured: true, sandbox: true, version: "1", capabilities: ["publish", "budgets", "insights"] },
  { type: "meta", name: "Meta", auth: "oauth", configured: true, sandbox: true, version: "v25.0", capabilities: ["publish", "budgets", "insights"] },
  { type: "google_ads", name: "Google Ads", auth: "oauth", configured: true, sandbox: true, version: "v24", capabilities: ["publish", "budgets", "insights"] },
  { type: "klaviyo", name: "Klaviyo", auth: "key", configured: true, sandbox: true, version: "2026-07-15", capabilities: ["publish", "insights", "email"] },
];

const syncs = (channel: string) =>
  [0, 1, 2].map((index) => ({
    id: `sync-${channel}-${index}`,
    from: "2026-10-24",
    to: "2026-11-20",
    status: channel === "ch-google" && index === 0 ? "failed" : "done",
    rows: 412 - index * 7,
    detail: channel === "ch-google" && index === 0 ? "the provider did not answer within 20 seconds" : "",
    created_at: Date.now() - (index * 6 + 1) * HOUR,
    finished_at: Date.now() - (index * 6 + 1) * HOUR + 4000,
  }));

// ── images ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const files = new Map<string, { type: string; bytes: ArrayBuffer | string }>();

function picture(name: string, width: number, height: number, hue: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 ${(100 * height) / width}" preserveAspectRatio="xMidYMid slice"><defs><radialGradient id="g" cx="50%" cy="36%"><stop offset="0" stop-color="hsl(${hue} 90% 84%)"/><stop offset="1" stop-color="hsl(${hue} 34% 30%)"/></radialGradient></defs><rect width="100" height="200" fill="url(#g)"/><path d="M38 26h24l7 20H31z" fill="hsl(${hue} 70% 92%)"/><path d="M49 46h2v26h-2zM42 72h16v2H42z" fill="#1c2030"/><text x="50" y="${(100 * height) / width - 4}" font-size="4" text-anchor="middle" fill="#fff" font-family="sans-serif">${name}</text></svg>`;
}

const assets: Asset[] = ([["Sol lamp, warm", 1200, 628, 38], ["Fjord chair", 1080, 1080, 205], ["Winter table", 1080, 1350, 12], ["Hallway at dusk with a name that is far too long to fit on a card", 1080, 1920, 262], ["Sol lamp, square", 1080, 1080, 44], ["Journal cover", 1600, 900, 150]] as const).map(
  ([title, width, height, hue], index) => {
    const key = `img-${index + 1}`;
    files.set(key, { type: "image/svg+xml", bytes: picture(title, width, height, hue) });
    return {
      id: key,
      type: "image",
      title,
      alt: title,
      media_type: "image/jpeg",
      width,
      height,
      bytes: 182_000 + index * 91_000,
      created_by: ADA,
      created_at: Date.now() - (index + 1) * 3 * DAY,
    };
  },
);

// ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Stored {
  id: string;
  site: string;
  status: CampaignStatus;
  version: number;
  document: CampaignDocument;
  live: CampaignDocument | null;
  approval: Approval | null;
  publications: Publication[];
  history: HistoryEntry[];
  detail: string;
  created_at: number;
  updated_at: number;
}

function ad(name: string, part: Partial<Ad["creative"]>): Ad {
  return {
    id: id("ad"),
    name,
    status: "active",
    creative: { headlines: [], descriptions: [], primary_text: "", call_to_action: "", image_asset_ids: [], subject: "", preview_text: "", body: "", from_name: "", from_email: "", ...part },
  };
}

function set(channel: ChannelType, name: string, budget: number, ads: Ad[], audience: Partial<AdSet["audience"]> = {}): AdSet {
  const key = { sandbox: "ch-sandbox", meta: "ch-meta", google_ads: "ch-google", klaviyo: "ch-klaviyo" }[channel];
  const base = newAdSet({ id: key, type: channel, name }, { currency: "EUR", country: "DE", brand: "Nordlicht" });
  return { ...base, id: id("set"), name, budget_daily: budget, ads, audience: { ...base.audience, ...audience } };
}

function sample(name: string, sets: AdSet[], part: Partial<CampaignDocument> = {}): CampaignDocument {
  return {
    name,
    objective: "sales",
    currency: "EUR",
    budget_total: null,
    start_at: null,
    end_at: null,
    landing_url: "https://nordlicht.test/collections/lamps",
    utm_campaign: slug(name),
    ad_sets: sets,
    ...part,
  };
}

const metaAds = () => [
  ad("Warm light", { primary_text: "Dark at four? Our Sol lamp brings the evening back: hand-made in Norrland, warm as a candle, bright as a book needs it.", headlines: ["Light for long evenings"], descriptions: ["Free returns for 30 days"], call_to_action: "SHOP_NOW", image_asset_ids: ["img-1"] }),
  ad("Fjord chair", { primary_text: "Sit down. Stay a while.", headlines: ["The Fjord chair is back"], call_to_action: "LEARN_MORE", image_asset_ids: ["img-2"] }),
];
const googleAd = () =>
  ad("Search ad 1", { headlines: ["Warm Scandinavian lamps", "Hand-made in Norrland", "Free returns, 30 days"], descriptions: ["Lamps for long evenings, made to last and to be repaired.", "Ordered today, with you in two days."] });
const mail = () =>
  ad("E-mail 1", { subject: "The lamps are lit", preview_text: "Three new ones, and the Sol is back.", from_name: "Nordlicht", from_email: "letters@nordlicht.test", body: "<h1>The lamps are lit</h1>\n<p>Three new lamps for the dark months, and the Sol is back.</p>\n<p><a href=\"https://nordlicht.test/new\">See them</a></p>" });

function stored(document: CampaignDocument, status: CampaignStatus, part: Partial<Stored> = {}): Stored {
  const live = ["live", "paused", "ended"].includes(status) ? document : null;
  const at = Date.now() - made * 5 * HOUR;
  const one: Stored = { id: id("c"), site: "demo-site", status, version: 3, document, live, approval: null, publications: [], history: [], detail: "", created_at: at - 9 * DAY, updated_at: at, ...part };
  if (live) {
    one.publications = [{ id: id("pub"), action: "publish", status: "done", progress: [], detail: "6 objects created and switched on", requested_by: ADA, created_at: at - 2 * DAY, finished_at: at - 2 * DAY + 9000 }];
  }
  one.history = [
    { at: one.created_at, actor: "u1", actor_name: ADA, action: "campaign.create" },
    ...(live ? [{ at: at - 2 * DAY, actor: "u3", actor_name: "Per Approver", action: "campaign.approve", after: { comment: "Looks right, go." } }] : []),
  ];
  return one;
}

function requested(one: Stored, by: string, reason: string): Stored {
  one.approval = {
    id: id("ap"),
    site: one.site,
    kind: one.live ? "change" : "campaign",
    campaign_id: one.id,
    snapshot_hash: hash(one.document),
    title: one.live ? `Change of ${one.document.name}` : one.document.name,
    reason,
    status: "pending",
    requested_by: by,
    requested_by_name: by.includes(":") ? "" : by,
    run_id: by.startsWith("agent:") ? "run-9" : "",
    requested_at: Date.now() - 34 * 60_000,
    decided_by: "",
    decided_by_name: "",
    decided_at: null,
    comment: "",
    currency: one.document.currency,
    diff: between(one.live, one.document),
    may_decide: by !== ADA,
    why_not: by === ADA ? "Nobody approves what they requested themselves; another admin or approver may." : "",
  };
  approvals.unshift(one.approval);
  return one;
}

const approvals: Approval[] = [];

function hash(document: CampaignDocument): string {
  return Array.from({ length: 8 }, (_, part) => Math.floor(noise(JSON.stringify(document), part) * 0xffffffff).toString(16).padStart(8, "0")).join("");
}

function whole(): Stored[] {
  const autumn = stored(sample("Autumn prospecting", [set("meta", "Everyone", 4000, metaAds()), set("google_ads", "Search", 2500, [googleAd()], { keywords: ["warm lamp", "scandinavian lamp"] })], { utm_campaign: "autumn-prospecting" }), "live");
  const wanted = structuredClone(autumn.document);
  const first = wanted.ad_sets[0];
  if (first) {
    first.budget_daily = 6000;
    const [warm] = first.ads;
    if (warm) {
      warm.creative.primary_text = "Dark at four? Our Sol lamp brings the evening back: hand-made in Norrland, warm as a candle, and this week with free shipping.";
      warm.creative.image_asset_ids = ["img-5"];
    }
    first.audience.countries = ["DE", "AT"];
  }
  const second = wanted.ad_sets[1]?.ads[0];
  if (second) second.creative.headlines = ["Warm Scandinavian lamps", "Free shipping this week", "Hand-made in Norrland"];
  autumn.document = wanted;
  requested(autumn, "agent:pacer", "Prospecting has paid back 3.4× for six days while its budget ran out by four in the afternoon. Raising it by half stays inside the cap.");
  return [
    autumn,
    requested(
      stored(sample("Black week, lamps and chairs", [set("meta", "Lookers of the last 30 days", 8000, metaAds(), { countries: ["DE", "AT", "CH"] }), set("google_ads", "Search", 5000, [googleAd()], { keywords: ["black friday lamp"] }), set("klaviyo", "Newsletter", 0, [mail()], { list_id: "Xk2P" })], { start_at: Date.now() + 3 * DAY, end_at: Date.now() + 10 * DAY, budget_total: 90_000 }), "in_review"),
      "Jo Marketer",
      "As discussed on Monday. The budget is last year's; the pictures are new.",
    ),
    stored(sample("Brand search", [set("google_ads", "Search", 1800, [googleAd()], { keywords: ["nordlicht"] })], { utm_campaign: "brand-search" }), "live"),
    stored(sample("Winter letter", [set("klaviyo", "Newsletter", 0, [mail()], { list_id: "Xk2P" })], { objective: "traffic" }), "approved"),
    stored(sample("Creators, fourth quarter", [set("meta", "18 to 34", 3000, metaAds(), { age_max: 34 })], { utm_campaign: "creators-q4", objective: "awareness" }), "paused"),
    stored(sample("Advent calendar, with a name so long that it does not fit into any column of any table anybody has ever drawn", [set("sandbox", "Everyone", 2000, metaAds())], { start_at: Date.now() + 9 * DAY }), "scheduled", { detail: "It goes out on Sunday at 09:00, as the calendar says." }),
    stored(sample("Gift cards", [set("meta", "Everyone", 2000, [ad("Ad 1", { call_to_action: "SHOP_NOW" })])]), "draft"),
    stored(sample("Spring preview", [set("meta", "Everyone", 2000, metaAds())]), "rejected", { detail: "The claim “lasts a lifetime” cannot be shown. Take it out." }),
    stored(sample("Retargeting", [set("meta", "Lookers", 1500, metaAds())]), "failed", {
      detail: "Meta refused the second ad: the picture is smaller than 600 pixels. Nothing runs; put in a larger one and publish again.",
      publications: [{ id: "pub-x", action: "publish", status: "failed", progress: [], detail: "Meta refused the second ad: the picture is smaller than 600 pixels. Nothing runs; put in a larger one and publish again.", requested_by: ADA, created_at: Date.now() - 3 * HOUR, finished_at: Date.now() - 3 * HOUR + 20_000 }],
    }),
    stored(sample("Summer lamps", [set("meta", "Everyone", 2000, metaAds())], { end_at: Date.now() - 40 * DAY }), "ended"),
  ];
}

const some = whole();
const many: Stored[] = [
  ...some,
  ...Array.from({ length: 190 }, (_, index) =>
    stored(sample(`Always on ${index + 1}: ${["lamps", "chairs", "tables for small rooms", "everything in the shop, in every country we deliver to"][index % 4]}`, [set((["meta", "google_ads", "sandbox"] as const)[index % 3] ?? "meta", "Everyone", 1000 + index * 50, metaAds())]), (["live", "paused", "draft", "ended"] as const)[index % 4] ?? "live"),
  ),
];

function connectedName(key: string): string {
  return channels.find((one) => one.id === key)?.name ?? key;
}

function between(live: CampaignDocument | null, wanted: CampaignDocument): Diff {
  const parts: Diff["channels"] = [];
  const budget = (document: CampaignDocument | null, channel?: string) =>
    (document?.ad_sets ?? []).filter((one) => one.status === "active" && (!channel || one.channel_id === channel)).reduce((sum, one) => sum + one.budget_daily, 0);
  const change = (path: string, label: string, unit: Change["unit"], before: unknown, after: unknown, spends = false): Change[] =>
    JSON.stringify(before ?? null) === JSON.stringify(after ?? null) ? [] : [{ path, label, unit, before: before ?? null, after: after ?? null, spends }];
  const general = [
    ...change("/name", "Name", "text", live?.name, wanted.name),
    ...change("/objective", "Objective", "text", live?.objective, wanted.objective),
    ...change("/landing_url", "Landing page", "text", live?.landing_url, wanted.landing_url),
    ...change("/utm_campaign", "UTM campaign", "text", live?.utm_campaign, wanted.utm_campaign),
    ...change("/budget_total", "Total budget", "money", live?.budget_total, wanted.budget_total),
    ...change("/start_at", "Start", "time", live?.start_at, wanted.start_at),
    ...change("/end_at", "End", "time", live?.end_at, wanted.end_at),
  ];
  if (general.length > 0) parts.push({ channel_id: "", type: "", name: "Whole campaign", changes: general, budget_daily_before: budget(live), budget_daily_after: budget(wanted) });
  for (const channel of new Set([...wanted.ad_sets, ...(live?.ad_sets ?? [])].map((one) => one.channel_id))) {
    const changes: Change[] = [];
    for (const one of (live?.ad_sets ?? []).filter((old) => old.channel_id === channel && !wanted.ad_sets.some((other) => other.id === old.id))) {
      changes.push(...change(`/ad_sets/${one.id}`, `Ad set “${one.name}”`, "object", one, null));
    }
    for (const one of wanted.ad_sets.filter((other) => other.channel_id === channel)) {
      const old = live?.ad_sets.find((other) => other.id === one.id);
      const at = `/ad_sets/${one.id}`;
      if (!old) {
        changes.push(...change(at, `Ad set “${one.name}”`, "object", null, one, one.budget_daily > 0));
        continue;
      }
      const of = ` of ad set “${one.name}”`;
      changes.push(
        ...change(`${at}/name`, `Name${of}`, "text", old.name, one.name),
        ...change(`${at}/audience`, `Audience${of}`, "object", old.audience, one.audience),
        ...change(`${at}/budget_daily`, `Daily budget${of}`, "money", old.budget_daily, one.budget_daily, one.budget_daily > old.budget_daily),
        ...change(`${at}/status`, `Delivery${of}`, "text", old.status, one.status, one.status === "active"),
      );
      for (const next of one.ads) {
        const past = old.ads.find((other) => other.id === next.id);
        if (!past) {
          changes.push(...change(`${at}/ads/${next.id}`, `Ad “${next.name}”${of}`, "object", null, next, true));
          continue;
        }
        for (const [field, label, unit] of [
          ["headlines", "Headlines", "list"],
          ["descriptions", "Descriptions", "list"],
          ["image_asset_ids", "Images", "list"],
          ["primary_text", "Text", "text"],
          ["call_to_action", "Button", "text"],
          ["subject", "Subject", "text"],
          ["body", "Body", "text"],
        ] as const) {
          changes.push(...change(`${at}/ads/${next.id}/creative/${field}`, `${label} of ad “${next.name}”`, unit, past.creative[field], next.creative[field]));
        }
      }
    }
    if (changes.length > 0) {
      const type = [...wanted.ad_sets, ...(live?.ad_sets ?? [])].find((one) => one.channel_id === channel)?.channel;
      parts.push({ channel_id: channel, type: type ?? "", name: connectedName(channel), changes, budget_daily_before: budget(live, channel), budget_daily_after: budget(wanted, channel) });
    }
  }
  return { channels: parts, budget_daily_before: budget(live), budget_daily_after: budget(wanted) };
}

function check(document: CampaignDocument): Finding[] {
  const found: Finding[] = [];
  const say = (severity: Finding["severity"], rule: string, field: string, message: string) => found.push({ severity, rule, field, message, source: "Adroit's campaign rules" });
  if (document.utm_campaign === "") say("blocking", "campaign.utm", "/utm_campaign", "name what figures and orders are to meet under");
  document.ad_sets.forEach((one, index) => {
    if (one.channel === "klaviyo" && one.audience.list_id === "") say("blocking", "klaviyo.list", `/ad_sets/${index}/audience/list_id`, "choose the list or segment it goes to");
    one.ads.forEach((each, number) => {
      const at = `/ad_sets/${index}/ads/${number}/creative`;
      for (const part of ["headlines", "descriptions"] as const) {
        const limit = limitOf(one.channel, part);
        if (!limit) continue;
        if (limit.count && each.creative[part].length < limit.count.min) say("blocking", `${one.channel}.${part}.count`, `${at}/${part}`, `needs at least ${limit.count.min}, found ${each.creative[part].length}`);
        each.creative[part].forEach((text, line) => {
          const { state, length } = fill(text, limit);
          if (state === "over") say("blocking", `${one.channel}.${part}.length`, `${at}/${part}/${line}`, `has ${length} characters, at most ${limit.max} are taken`);
          if (state === "cut") say("warning", `${one.channel}.${part}.length`, `${at}/${part}/${line}`, `has ${length} characters and is cut off after ${limit.max}`);
        });
      }
      if (one.channel === "meta" && each.creative.image_asset_ids.length === 0) say("blocking", "meta.image", `${at}/image_asset_ids`, "needs a picture");
      if (one.channel === "meta" && each.creative.primary_text === "") say("warning", "meta.text", `${at}/primary_text`, "the text above the picture is empty");
      if (/cheap/i.test(JSON.stringify(each.creative))) say("blocking", "brand.banned", `${at}/primary_text`, "says `cheap`, which the brand guidelines rule out");
      if (one.channel === "klaviyo" && each.creative.subject === "") say("blocking", "klaviyo.subject", `${at}/subject`, "needs a subject");
    });
  });
  return found;
}

function actions(one: Stored): string[] {
  const decided = one.approval?.status === "approved" && one.approval.snapshot_hash === hash(one.document);
  const pending = one.approval?.status === "pending";
  const changed = one.live !== null && JSON.stringify(one.live) !== JSON.stringify(one.document);
  switch (one.status) {
    case "draft":
    case "rejected":
    case "rolled_back":
      return ["edit", "submit", ...(one.live ? [] : ["delete"])];
    case "in_review":
      return ["edit", "withdraw", ...(one.approval?.requested_by === ADA ? [] : ["approve", "reject"])];
    case "approved":
      return ["edit", "withdraw", "schedule", "publish"];
    case "scheduled":
      return ["edit", "unschedule", "publish"];
    case "failed":
      return ["edit", "publish", "end"];
    case "live":
      return ["edit", ...(pending ? ["withdraw", "approve", "reject"] : changed ? (decided ? ["publish"] : ["submit"]) : []), "pause", "end", "rollback"];
    case "paused":
      return ["edit", "resume", "end", "rollback"];
    default:
      return [];
  }
}

function row(one: Stored): Campaign {
  advance(one);
  const used = [...new Map(one.document.ad_sets.map((each) => [each.channel_id, each.channel])).entries()];
  const { name, objective, currency, budget_total, start_at, end_at, landing_url, utm_campaign } = one.document;
  return {
    id: one.id,
    site: one.site,
    status: one.status,
    version: one.version,
    name,
    objective,
    currency,
    budget_total,
    start_at,
    end_at,
    landing_url,
    utm_campaign,
    budget_daily: one.document.ad_sets.reduce((sum, each) => sum + (each.status === "active" ? each.budget_daily : 0), 0),
    channels: used.map(([key, type]) => ({ id: key, type, name: channels.find((each) => each.id === key)?.name ?? PROVIDERS[type].name })),
    detail: one.detail,
    has_change: one.live !== null && JSON.stringify(one.live) !== JSON.stringify(one.document),
    approval_id: one.approval?.id ?? "",
    created_by: ADA,
    created_at: one.created_at,
    updated_at: one.updated_at,
    actions: actions(one),
  };
}

function detail(one: Stored): Response {
  const body: CampaignDetail = {
    ...row(one),
    document: one.document,
    approval: one.approval,
    publications: one.publications,
    remote_objects: one.live
      ? one.document.ad_sets.map((each) => ({ channel_id: each.channel_id, kind: "ad_set", local_id: each.id, external_id: `2386${Math.floor(noise(each.id) * 1e12)}`, name: each.name, status: one.status === "live" ? "active" : "paused", updated_at: one.updated_at }))
      : [],
    live_hash: one.live ? hash(one.live) : null,
  };
  return json(body, 200, { ETag: `"${one.version}"` });
}

function touch(one: Stored, action: string, after?: unknown) {
  one.version += 1;
  one.updated_at = Date.now();
  one.history.unshift({ at: Date.now(), actor: "u1", actor_name: ADA, action: `campaign.${action}`, ...(after ? { after } : {}) });
}

/** What the channels have done since a publication began: two seconds a step. */
function advance(one: Stored) {
  const [open] = one.publications;
  if (!open || (open.status !== "queued" && open.status !== "running")) return;
  const steps = ["Reading the account", "Creating the campaign, paused", "Creating ad sets", "Uploading pictures", "Creating ads", "Switching on"];
  const age = Math.floor((Date.now() - open.created_at) / 1500);
  const used = [...new Set(one.document.ad_sets.map((each) => each.channel_id))];
  open.status = age < 1 ? "queued" : "running";
  open.progress = used.map((channel, index) => {
    const step = Math.max(0, Math.min(steps.length, age - index));
    return { channel_id: channel, step, of: steps.length, text: steps[Math.max(0, step - 1)] ?? "", failed: false };
  });
  if (age < steps.length + used.length) return;
  open.status = "done";
  open.finished_at = Date.now();
  open.detail = { publish: "Everything is created and switched on", change: "The change is live", pause: "Everything rests", resume: "Everything runs again", end: "Everything is over", rollback: "What was live before is restored" }[open.action];
  one.status = open.action === "pause" ? "paused" : open.action === "end" ? "ended" : "live";
  one.live = structuredClone(one.document);
  one.version += 1;
}

function begin(one: Stored, action: Publication["action"]): Response {
  if (guardrails.spending_stopped && ["publish", "change", "resume"].includes(action)) {
    return problem(409, "Spending is stopped", `The kill switch is pulled: ${guardrails.stopped_reason} Release it under Guardrails first.`);
  }
  one.publications.unshift({ id: id("pub"), action, status: "queued", progress: [], detail: "", requested_by: ADA, created_at: Date.now(), finished_at: null });
  if (!one.live) one.status = "publishing";
  touch(one, action);
  return detail(one);
}

// ── limits, brand, calendar, team ────────────────────────────────────────────────────────────────────────────────────

const guardrails: Guardrails = { version: 4, spending_stopped: false, stopped_reason: "", daily_cap: 50_000, campaign_daily_cap: 20_000, currency: "EUR", autonomy: "propose", act_budget_change: 0.2, model_tokens_daily: 1_000_000, live_daily: 18_300, updated_by: ADA, updated_at: Date.now() - 5 * DAY };
let brand: Brand = { name: "Nordlicht", description: "Lamps and furniture for long evenings, made in Norrland.", tone: ["warm", "plain"], banned: ["cheap", "best in the world"], required: [], claims: ["free returns for 30 days", "hand-made in Norrland"], language: "en", colors: ["#1c2440", "#f2b632"] };
let brandVersion = 2;

const monthDay = (day: number, hour: number) => {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day, hour);
};
const entries: CalendarEntry[] = (
  [
    ["note", "Photo shoot: winter table", monthDay(4, 9), "planned", ""],
    ["launch", "Launch Brand search", monthDay(9, 8), "done", ""],
    ["pause", "Pause Creators", monthDay(16, 22), "done", ""],
    ["launch", "Launch Retargeting", monthDay(18, 9), "failed", "Meta refused the second ad: the picture is smaller than 600 pixels."],
    ["launch", "Launch Advent calendar", monthDay(29, 9), "planned", ""],
    ["launch", "Launch Black week", monthDay(23, 7), "planned", "Waits for approval"],
    ["note", "Black week begins in the shop", monthDay(23, 6), "planned", ""],
    ["end", "End Black week", monthDay(30, 23), "planned", ""],
    ["note", "Team: look at the week", monthDay(23, 15), "planned", ""],
    ["note", "Shop closes early", monthDay(23, 17), "planned", ""],
  ] as const
).map(([kind, title, at, status, text]) => ({ id: id("cal"), campaign_id: kind === "note" ? "" : (some[0]?.id ?? ""), campaign_name: kind === "note" ? "" : (some[0]?.document.name ?? ""), kind, title, at, status, detail: text, created_by: ADA, created_at: Date.now() - 20 * DAY }));

const members = [
  { user_id: "u1", email: "admin@demo.test", name: ADA, role: "admin", joined_at: Date.now() - 90 * DAY, is_me: true },
  { user_id: "u2", email: "jo@demo.test", name: "Jo Marketer", role: "marketer", joined_at: Date.now() - 60 * DAY, is_me: false },
  { user_id: "u3", email: "per@demo.test", name: "Per Approver", role: "approver", joined_at: Date.now() - 30 * DAY, is_me: false },
  { user_id: "u4", email: "an.address.as.long.as.addresses.get.in.real.life@a-very-long-company-name.example", name: "", role: "analyst", joined_at: Date.now() - 3 * DAY, is_me: false },
];
const invitations = [{ id: "inv-1", email: "kim@demo.test", role: "approver", status: "open", invited_by: "u1", created_at: Date.now() - DAY, expires_at: Date.now() + 6 * DAY }];
const keys = [
  { id: "k1", name: "Claude on the marketing laptop", role: "marketer", scopes: ["read_campaigns", "edit_campaigns"], prefix: "adk_7fQ2", status: "active", created_by: "u1", created_at: Date.now() - 12 * DAY, expires_at: Date.now() + 78 * DAY, last_used_at: Date.now() - 8 * 60_000 },
  { id: "k2", name: "Old report script", role: "analyst", scopes: ["read_analytics"], prefix: "adk_Xe01", status: "revoked", created_by: "u1", created_at: Date.now() - 80 * DAY, expires_at: null, last_used_at: null },
];
const scopes = ["read_account", "read_analytics", "ask_questions", "read_campaigns", "read_channels", "edit_campaigns", "publish_campaigns", "stop_spending"].map((name) => ({
  name,
  allows: name.replaceAll("_", " "),
  roles: name.startsWith("read_") || name === "ask_questions" ? ["admin", "marketer", "analyst", "approver"] : ["admin", "marketer"],
}));

// ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const all = (asked: LoopAsked) => (asked.empty ? [] : asked.state === "many" ? many : some);
const find = (asked: LoopAsked) => many.find((one) => one.id === asked.path.split("/")[2]);
const missing = (what: string) => problem(404, "Not found", `There is no such ${what}.`);

/** Handles one campaign, or says that there is none. */
const campaign =
  (handle: (one: Stored, request: Request) => Response | Promise<Response>): Handler =>
  (asked, request) => {
    const one = find(asked);
    return one ? handle(one, request) : missing("campaign");
  };

const stale = (request: Request, version: number) => (request.headers.get("If-Match") === `"${version}"` ? null : problem(412, "Changed meanwhile", "Somebody else has changed this since you read it. Read it again and make your change anew."));

export const loopRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/connectors$/, () => json({ rows: providers })],
  ["GET", /^\/channels$/, (asked) => json({ rows: asked.empty ? [] : channels })],
  ["GET", /^\/channels\/[^/]+\/syncs$/, (asked) => json({ rows: syncs(asked.path.split("/")[2] ?? "") })],
  [
    "POST",
    /^\/channels\/[^/]+\/connect$/,
    async (asked, request) => {
      const type = asked.path.split("/")[2] ?? "";
      const body = (await request.json()) as { api_key: string | null };
      if (type === "klaviyo" && !body.api_key?.startsWith("pk_")) return problem(422, "The key was refused", "Klaviyo does not know this key: private keys begin with `pk_`.");
      const channel = channels.find((one) => one.type === type);
      if (channel) Object.assign(channel, { status: "connected", last_error: "" });
      return json(type === "klaviyo" ? { authorize_url: null, channel } : { authorize_url: `/channels?connected=${channel?.id ?? ""}`, channel: null });
    },
  ],
  [
    "POST",
    /^\/channels\/[^/]+\/(test|disconnect)$/,
    (asked) => {
      const channel = channels.find((one) => one.id === asked.path.split("/")[2]);
      if (!channel) return missing("channel");
      if (asked.path.endsWith("disconnect")) channel.status = "disconnected";
      return json(channel);
    },
  ],
  ["POST", /^\/channels\/[^/]+\/sync$/, (asked) => json({ ...syncs(asked.path.split("/")[2] ?? "")[1], status: "queued" }, 202)],

  [
    "GET",
    /^\/campaigns$/,
    (asked) => {
      const status = asked.query.get("status");
      const rows = all(asked).map(row).filter((one) => !status || one.status === status);
      return json({ rows: rows.slice(0, 200) });
    },
  ],
  [
    "POST",
    /^\/campaigns$/,
    async (asked, request) => {
      const one = stored(withIds((await request.json()) as CampaignDocument), "draft", { version: 1, site: asked.site.key });
      one.updated_at = one.created_at = Date.now();
      some.unshift(one);
      many.unshift(one);
      const answer = detail(one);
      return new Response(answer.body, { status: 201, headers: answer.headers });
    },
  ],
  ["GET", /^\/campaigns\/[^/]+$/, campaign(detail)],
  [
    "PUT",
    /^\/campaigns\/[^/]+$/,
    campaign(async (one, request) => {
      const late = stale(request, one.version);
      if (late) return late;
      one.document = withIds((await request.json()) as CampaignDocument);
      if (one.approval?.status === "pending" || one.approval?.status === "approved") Object.assign(one.approval, { status: "void", decided_at: Date.now() });
      if (!one.live) one.status = "draft";
      touch(one, "edit");
      return detail(one);
    }),
  ],
  [
    "DELETE",
    /^\/campaigns\/[^/]+$/,
    campaign((one) => {
      for (const list of [some, many]) if (list.includes(one)) list.splice(list.indexOf(one), 1);
      return json(undefined, 204);
    }),
  ],
  ["GET", /^\/campaigns\/[^/]+\/preflight$/, campaign((one) => json({ findings: check(one.document) }))],
  ["GET", /^\/campaigns\/[^/]+\/diff$/, campaign((one) => json(between(one.live, one.document)))],
  ["GET", /^\/campaigns\/[^/]+\/history$/, campaign((one) => json({ rows: one.history }))],
  [
    "POST",
    /^\/campaigns\/[^/]+\/submit$/,
    campaign(async (one, request) => {
      const { reason } = (await request.json()) as { reason: string };
      requested(one, ADA, reason);
      if (one.approval) one.approval.requested_at = Date.now();
      if (!one.live) one.status = "in_review";
      touch(one, "submit", { reason });
      return json(one.approval);
    }),
  ],
  [
    "POST",
    /^\/campaigns\/[^/]+\/withdraw$/,
    campaign((one) => {
      if (one.approval) Object.assign(one.approval, { status: "void", decided_at: Date.now() });
      if (!one.live) one.status = "draft";
      touch(one, "withdraw");
      return detail(one);
    }),
  ],
  [
    "POST",
    /^\/campaigns\/[^/]+\/publish$/,
    campaign(async (one, request) => {
      const { at } = (await request.json()) as { at?: number };
      if (at === undefined) return begin(one, one.live ? "change" : "publish");
      one.status = "scheduled";
      entries.push({ id: id("cal"), campaign_id: one.id, campaign_name: one.document.name, kind: "launch", title: `Launch ${one.document.name}`, at, status: "planned", detail: "", created_by: ADA, created_at: Date.now() });
      touch(one, "schedule");
      return detail(one);
    }),
  ],
  ...(["pause", "resume", "end", "rollback"] as const).map((action): [string, RegExp, Handler] => ["POST", new RegExp(`^/campaigns/[^/]+/${action}$`), campaign((one) => begin(one, action))]),

  ["GET", /^\/approvals$/, (asked) => json({ rows: asked.empty ? [] : approvals.filter((one) => one.status === (asked.query.get("status") ?? "pending")) })],
  [
    "GET",
    /^\/approvals\/[^/]+$/,
    (asked) => {
      const one = approvals.find((each) => each.id === asked.path.split("/")[2]);
      return one ? json(one) : missing("request");
    },
  ],
  [
    "POST",
    /^\/approvals\/[^/]+\/(approve|reject)$/,
    async (asked, request) => {
      const one = approvals.find((each) => each.id === asked.path.split("/")[2]);
      const owner = many.find((each) => each.id === one?.campaign_id);
      if (!one || !owner) return missing("request");
      const body = (await request.json()) as { snapshot_hash?: string; comment?: string };
      const yes = asked.path.endsWith("approve");
      if (one.requested_by === ADA) return problem(403, "Not yours to decide", "Nobody approves what they requested themselves.");
      if (one.status !== "pending" || (yes && body.snapshot_hash !== one.snapshot_hash)) return problem(409, "Changed meanwhile", "The document has changed since the approval was requested; look at the new request.");
      Object.assign(one, { status: yes ? "approved" : "rejected", decided_by: ADA, decided_at: Date.now(), comment: body.comment ?? "" });
      if (!owner.live) owner.status = yes ? "approved" : "rejected";
      touch(owner, yes ? "approve" : "reject", { comment: body.comment ?? "" });
      return json(one);
    },
  ],

  ["GET", /^\/assets$/, (asked) => json({ rows: asked.empty ? [] : assets })],
  [
    "POST",
    /^\/assets$/,
    async (asked, request) => {
      const bytes = await request.arrayBuffer();
      const asset: Asset = { id: id("img"), type: "image", title: asked.query.get("title") ?? "", alt: asked.query.get("alt") ?? "", media_type: request.headers.get("Content-Type") ?? "", width: 1200, height: 628, bytes: bytes.byteLength, created_by: ADA, created_at: Date.now() };
      files.set(asset.id, { type: asset.media_type, bytes });
      assets.unshift(asset);
      return json(asset, 201);
    },
  ],
  [
    "GET",
    /^\/assets\/[^/]+\/content$/,
    (asked) => {
      const file = files.get(asked.path.split("/")[2] ?? "");
      return file ? new Response(file.bytes, { headers: { "Content-Type": file.type } }) : missing("image");
    },
  ],
  [
    "DELETE",
    /^\/assets\/[^/]+$/,
    (asked) => {
      const at = assets.findIndex((one) => asked.path.endsWith(`/${one.id}`));
      if (at === 0) return problem(409, "Still in use", "“Autumn prospecting” uses this picture. Choose another one there first.");
      if (at >= 0) assets.splice(at, 1);
      return json(undefined, 204);
    },
  ],
  ["GET", /^\/brand$/, (asked) => json(asked.empty ? { ...brand, name: "", description: "", tone: [], banned: [], claims: [], colors: [] } : brand, 200, { ETag: `"${brandVersion}"` })],
  [
    "PUT",
    /^\/brand$/,
    async (_, request) => {
      const late = stale(request, brandVersion);
      if (late) return late;
      brand = (await request.json()) as Brand;
      brandVersion += 1;
      return json(brand, 200, { ETag: `"${brandVersion}"` });
    },
  ],
  ["GET", /^\/guardrails$/, (asked) => json(asked.state === "stopped" ? { ...guardrails, spending_stopped: true, stopped_reason: "The wrong price went out on Meta; Jo is putting it right." } : guardrails, 200, { ETag: `"${guardrails.version}"` })],
  [
    "PUT",
    /^\/guardrails$/,
    async (_, request) => {
      const late = stale(request, guardrails.version);
      if (late) return late;
      Object.assign(guardrails, await request.json(), { version: guardrails.version + 1, updated_by: ADA, updated_at: Date.now() });
      return json(guardrails, 200, { ETag: `"${guardrails.version}"` });
    },
  ],
  [
    "POST",
    /^\/guardrails\/(stop|release)$/,
    async (asked, request) => {
      const stop = asked.path.endsWith("stop");
      const reason = stop ? ((await request.json()) as { reason: string }).reason : "";
      Object.assign(guardrails, { spending_stopped: stop, stopped_reason: reason, version: guardrails.version + 1 });
      return json({ ...guardrails, paused: stop ? ["c-6", "c-20"] : [] });
    },
  ],
  [
    "GET",
    /^\/calendar$/,
    (asked) =>
      json({
        time_zone: "UTC",
        entries: asked.empty ? [] : entries,
        flights: all(asked).map((one) => ({ campaign_id: one.id, name: one.document.name, status: one.status, start_at: one.document.start_at, end_at: one.document.end_at })),
      }),
  ],
  [
    "POST",
    /^\/calendar$/,
    async (_, request) => {
      const entry: CalendarEntry = { id: id("cal"), campaign_id: "", campaign_name: "", status: "planned", detail: "", created_by: ADA, created_at: Date.now(), ...((await request.json()) as Pick<CalendarEntry, "kind" | "title" | "at">) };
      entries.push(entry);
      return json(entry, 201);
    },
  ],
  [
    "PATCH",
    /^\/calendar\/[^/]+$/,
    async (asked, request) => {
      const entry = entries.find((one) => asked.path.endsWith(`/${one.id}`));
      if (!entry) return missing("entry");
      Object.assign(entry, await request.json());
      return json(entry);
    },
  ],
  [
    "DELETE",
    /^\/calendar\/[^/]+$/,
    (asked) => {
      const entry = entries.find((one) => asked.path.endsWith(`/${one.id}`));
      if (entry) entry.status = "cancelled";
      return json(undefined, 204);
    },
  ],

  ["GET", /^\/team$/, (asked) => json(asked.empty ? { members: members.slice(0, 1), invitations: [] } : { members, invitations })],
  [
    "POST",
    /^\/team\/invitations$/,
    async (_, request) => {
      const { email, role } = (await request.json()) as { email: string; role: string };
      if (!/^\S+@\S+$/.test(email)) return problem(422, "Not an address", "The address cannot be one.", [{ field: "/email", detail: `\`${email}\` is not an e-mail address such as ann@shop.example` }]);
      const invitation = { id: id("inv"), email, role, status: "open", invited_by: "u1", created_at: Date.now(), expires_at: Date.now() + 7 * DAY };
      invitations.unshift(invitation);
      return json({ id: invitation.id, link: `http://localhost:5173/invitation?token=q8Zr4uVbW2nYp6TtLk0sDfGhJ3xCvB9mAaQqWwEeRrT`, expires_at: invitation.expires_at }, 201);
    },
  ],
  [
    "DELETE",
    /^\/team\/invitations\/[^/]+$/,
    (asked) => {
      const found = invitations.find((one) => asked.path.endsWith(`/${one.id}`));
      if (found) found.status = "revoked";
      return json(undefined, 204);
    },
  ],
  [
    "PATCH",
    /^\/team\/[^/]+$/,
    async (asked, request) => {
      const found = members.find((one) => asked.path.endsWith(`/${one.user_id}`));
      if (!found) return missing("member");
      found.role = ((await request.json()) as { role: string }).role;
      return json(found);
    },
  ],
  ["DELETE", /^\/team\/[^/]+$/, () => problem(409, "The last admin", "This is the last admin; make somebody else an admin first.")],
  [
    "POST",
    /^\/invitations\/show$/,
    async (_, request) => {
      const { token } = (await request.json()) as { token: string };
      return token === "old" ? problem(410, "This invitation is over", "It was accepted, taken back or is older than a week. Ask for a new link.") : json({ tenant: "Nordlicht", email: "kim@demo.test", role: "approver", has_account: token === "known", expires_at: Date.now() + 6 * DAY });
    },
  ],
  ["POST", /^\/invitations\/accept$/, () => json({ token: "mock", expires_at: Date.now() + DAY })],
  ["GET", /^\/api-keys$/, (asked) => json({ rows: asked.empty ? [] : keys, scopes })],
  [
    "POST",
    /^\/api-keys$/,
    async (_, request) => {
      const key = { id: id("k"), prefix: "adk_n3wK", status: "active", created_by: "u1", created_at: Date.now(), last_used_at: null, ...((await request.json()) as { name: string; role: string; scopes: string[]; expires_at: number | null }) };
      keys.unshift(key as (typeof keys)[number]);
      return json({ ...key, key: "adk_n3wKq8Zr4uVbW2nYp6TtLk0sDfGhJ3xCvB9mAaQqWwEeRrTyU" }, 201);
    },
  ],
  [
    "DELETE",
    /^\/api-keys\/[^/]+$/,
    (asked) => {
      const found = keys.find((one) => asked.path.endsWith(`/${one.id}`));
      if (found) found.status = "revoked";
      return json(undefined, 204);
    },
  ],
];

/** Gives what has no id one. */
function withIds(document: CampaignDocument): CampaignDocument {
  return { ...document, ad_sets: document.ad_sets.map((one) => ({ ...one, id: one.id ?? id("set"), ads: one.ads.map((each) => ({ ...each, id: each.id ?? id("ad") })) })) };
}
