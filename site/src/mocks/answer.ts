/**
 * Answers the API's routes with the invented shop, typed by the API's document. Used by `npm run dev:mock`.
 * The cookie `mock` chooses what to see: `empty`, `slow`, `error`, `signed-out`, `many` (200 campaigns), `stopped`,
 * `analyst` (may only read); nothing for a full shop.
 */
import type {
  AuditRow,
  Channels,
  ComparedCredit,
  Comparison,
  ImportDetail,
  InboxRow,
  Journey,
  JourneyRow,
  LiveHit,
  Me,
  Metric,
  PathRow,
  Site,
  Summary,
  TimeSeries,
  Touchpoint,
} from "@/api/types";
import { previousRange } from "@/lib/dates";

import { agentRoutes } from "./agents";
import { chatRoutes } from "./chat";
import { deadLetterRoutes } from "./dead-letters";
import { experimentRoutes } from "./experiments";
import { holdoutRoutes } from "./holdouts";
import { loopRoutes } from "./loop";
import { outlookRoutes } from "./outlook";
import { planningRoutes } from "./planning";
import { questionRoutes } from "./questions";
import { type ChannelDay, daysOf, metricsOf, noise, sum } from "./shop";
import { stockRoutes } from "./stock";

const DAY = 86_400_000;
const HOUR = 3_600_000;

const sites: Site[] = [
  {
    key: "demo-site",
    name: "Nordlicht Home",
    currency: "EUR",
    time_zone: "UTC",
    origins: ["https://nordlicht.test", "https://www.nordlicht.test"],
    session_timeout_ms: 1_800_000,
    lookback_days: 30,
    snippet: '<script async src="http://localhost:8787/p.js" data-site="demo-site"></script>',
    collect_url: "http://localhost:8787/attribution/collect",
  },
  {
    key: "tokyo",
    name: "Nordlicht Tokyo",
    currency: "JPY",
    time_zone: "Asia/Tokyo",
    origins: ["*"],
    session_timeout_ms: 1_800_000,
    lookback_days: 30,
    snippet: '<script async src="http://localhost:8787/p.js" data-site="tokyo"></script>',
    collect_url: "http://localhost:8787/attribution/collect",
  },
];

const PERMISSIONS = [
  ...["read_account", "create_tenant", "read_analytics", "read_inbox", "manage_inbox", "read_imports", "manage_imports"],
  ...["read_agents", "run_agents", "read_audit", "manage_team", "manage_keys", "ask_questions", "read_campaigns"],
  ...["edit_campaigns", "approve_campaigns", "publish_campaigns", "stop_spending", "manage_guardrails", "read_channels"],
  ...["manage_channels", "read_experiments", "edit_experiments", "read_dead_letters", "manage_dead_letters"],
];

const me: Me = {
  user: { id: "u1", email: "admin@demo.test", name: "Ada Lindqvist" },
  tenant: { id: "t1", name: "Nordlicht" },
  role: "admin",
  permissions: PERMISSIONS,
  tenants: [{ id: "t1", name: "Nordlicht", role: "admin" }],
  sites,
  version: "0.1.0",
};

const metric = (id: string, label: string, unit: Metric["unit"], better: Metric["better"], description: string, formula: string): Metric => ({
  id,
  label,
  unit,
  better,
  description,
  formula,
  dimensions: ["channel", "source", "device", "country"],
});

const metrics: Metric[] = [
  metric("revenue", "Revenue", "money", "up", "Orders' value, less refunds.", "sum(order value)"),
  metric("spend", "Spend", "money", "none", "What the ads cost.", "sum(ad spend)"),
  metric("roas", "ROAS", "ratio", "up", "Revenue of paid channels for each unit spent on them.", "paid revenue / spend"),
  metric("mer", "MER", "ratio", "up", "All revenue for each unit of spend.", "revenue / spend"),
  metric("orders", "Orders", "count", "up", "Orders placed.", "count(orders)"),
  metric("aov", "AOV", "money", "up", "Average order value.", "revenue / orders"),
  metric("sessions", "Sessions", "count", "up", "Visits, split after 30 minutes of silence.", "count(sessions)"),
  metric("visitors", "Visitors", "count", "up", "Distinct people, as far as they can be told apart.", "count(distinct visitor)"),
  metric("cvr", "CVR", "percent", "up", "Share of sessions that end in an order.", "orders / sessions"),
  metric("ctr", "CTR", "percent", "up", "Share of impressions that were clicked.", "clicks / impressions"),
  metric("cpa", "CPA", "money", "down", "What one order costs in ads.", "spend / orders"),
  metric("events", "Events", "count", "none", "Everything the pixel and the server sent.", "count(events)"),
];

const MODELS = [
  ["first_touch", "First touch", "All credit goes to the first touch in the window: what brought people to the shop in the first place."],
  ["last_touch", "Last touch", "All credit goes to the last touch before the order, direct visits included."],
  ["last_non_direct", "Last non-direct", "Like last touch, but a direct visit only counts when there was nothing else."],
  ["linear", "Linear", "Every touch in the window gets an equal share."],
  ["position_based", "Position-based", "40% to the first touch, 40% to the last, 20% shared by those between."],
  ["time_decay", "Time decay", "The nearer a touch is to the order, the more it gets: its weight halves with every half-life."],
] as const;

/** How much a model favours a channel: discoverers gain under first touch, closers under last touch. */
const LEAN: Record<string, number> = {
  "Paid Social": 0.75,
  Display: 0.8,
  "Organic Social": 0.6,
  "AI Assistants": 0.4,
  Referral: 0.25,
  "Organic Search": 0.15,
  "Paid Search": -0.1,
  Affiliates: -0.35,
  Email: -0.5,
  Direct: -0.65,
};
const TILT: Record<string, number> = { first_touch: 1, last_touch: -0.25, last_non_direct: 0.1, linear: 0.35, position_based: 0.5, time_decay: 0 };

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" },
  });
}

function problem(status: number, title: string, detail: string): Response {
  return json({ type: "about:blank", title, status, detail }, status);
}

interface Asked {
  path: string;
  query: URLSearchParams;
  from: string;
  to: string;
  site: Site;
  empty: boolean;
  state: string;
}

let signedOut = false;

export async function answer(request: Request): Promise<Response | null> {
  const url = new URL(request.url);
  const handler = routes.find(([method, pattern]) => method === request.method && pattern.test(url.pathname));
  if (!handler) return null;
  const state = /(?:^|;\s*)mock=([a-z-]+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "";
  const now = Date.now();
  const iso = (t: number) => new Date(t).toISOString().slice(0, 10);
  const query = url.searchParams;
  const asked: Asked = {
    path: url.pathname,
    query,
    from: query.get("from") ?? iso(now - 29 * DAY),
    to: query.get("to") ?? iso(now),
    site: sites.find((site) => site.key === query.get("site")) ?? (sites[0] as Site),
    empty: state === "empty" || query.get("site") === "tokyo",
    state,
  };
  const open = ["/me", "/healthz", "/auth/login"].includes(url.pathname);
  if (state === "signed-out" || (signedOut && url.pathname !== "/auth/login" && url.pathname !== "/healthz")) {
    if (url.pathname === "/me") return problem(401, "Not signed in", "Sign in to go on.");
  }
  if (!open) {
    if (state === "slow") await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (state === "error") return problem(503, "Temporarily unavailable", "The warehouse does not answer at the moment; trying again in a minute is right.");
    await new Promise((resolve) => setTimeout(resolve, 60 + 140 * noise(url.search)));
  }
  return handler[2](asked, request);
}

type Handler = (asked: Asked, request: Request) => Response | Promise<Response>;

const routes: [string, RegExp, Handler][] = [
  ...loopRoutes,
  ...agentRoutes,
  ...experimentRoutes,
  ...holdoutRoutes,
  ...planningRoutes,
  ...stockRoutes,
  ...deadLetterRoutes,
  ...outlookRoutes,
  ...questionRoutes,
  ...chatRoutes(answer),
  ["GET", /^\/healthz$/, () => json({ status: "ok", version: me.version, demo: true })],
  ["GET", /^\/me$/, (asked) => json(asked.state === "analyst" ? { ...me, role: "analyst", permissions: PERMISSIONS.filter((name) => /^(read_(?!audit)|ask_|run_)/.test(name)) } : me)],
  ["GET", /^\/sites$/, () => json({ rows: sites })],
  [
    "POST",
    /^\/auth\/login$/,
    async (_, request) => {
      const body = (await request.json()) as { email: string; password: string };
      if (body.password !== "adroit-demo") return problem(401, "Not signed in", "The email or the password is wrong.");
      signedOut = false;
      return json({ token: "mock", expires_at: Date.now() + DAY, user: me.user, tenant: me.tenant, role: me.role });
    },
  ],
  [
    "POST",
    /^\/auth\/logout$/,
    () => {
      signedOut = true;
      return new Response(null, { status: 204 });
    },
  ],
  ["GET", /^\/metrics$/, () => json({ rows: metrics })],
  ["GET", /^\/analytics\/summary$/, (asked) => json(summary(asked))],
  ["GET", /^\/analytics\/timeseries$/, (asked) => json(timeseries(asked))],
  ["GET", /^\/analytics\/live$/, (asked, request) => live(asked, request.signal)],
  [
    "GET",
    /^\/attribution\/models$/,
    () =>
      json({
        rows: MODELS.map(([id, label, description]) => ({
          id,
          label,
          description,
          parameters: id === "time_decay" ? [{ id: "half_life", label: "Half-life", default: 7, unit: "days" }] : [],
        })),
        default: "last_touch",
      }),
  ],
  ["GET", /^\/attribution\/channels$/, (asked) => json(channels(asked))],
  ["GET", /^\/attribution\/compare$/, (asked) => json(comparison(asked))],
  ["GET", /^\/attribution\/paths$/, (asked) => json(paths(asked))],
  ["GET", /^\/journeys$/, (asked) => json(journeys(asked))],
  ["GET", /^\/journeys\/[^/]+$/, (asked) => journey(asked)],
  ["GET", /^\/insights\/customers$/, () => json({ study: null, computed_at: null, question: null, answer: null })],
  ["POST", /^\/insights\/customers$/, () => problem(409, "Conflict", "The invented shop has nobody who computes.")],
  ["GET", /^\/inbox$/, (asked) => json({ rows: asked.empty ? [] : inbox.filter((row) => row.status === (asked.query.get("status") ?? "open")), next_cursor: null })],
  ["POST", /^\/inbox\/[^/]+\/(replay|dismiss)$/, (asked) => settle(asked)],
  ["GET", /^\/imports$/, (asked) => json({ rows: asked.empty ? [] : imports.map((one) => progress(one)) })],
  [
    "GET",
    /^\/imports\/[^/]+$/,
    (asked) => {
      const found = imports.find((one) => asked.path.endsWith(one.id));
      return found ? json(progress(found)) : problem(404, "Not found", "There is no such import.");
    },
  ],
  ["POST", /^\/imports\/(ad-spend|shopify)$/, upload],
  ["GET", /^\/audit$/, (asked) => json({ rows: asked.empty ? [] : audit, next_cursor: null })],
];

function summary(asked: Asked): Summary {
  const channel = asked.query.get("channel");
  const of = (from: string, to: string) =>
    metricsOf(sum(asked.empty ? [] : daysOf(from, to).filter((row) => !channel || row.channel === channel)));
  const before = previousRange(asked);
  return {
    currency: asked.site.currency,
    from: asked.from,
    to: asked.to,
    metrics: of(asked.from, asked.to),
    previous: asked.query.get("compare") === "previous" ? of(before.from, before.to) : null,
  };
}

function timeseries(asked: Asked): TimeSeries {
  const id = asked.query.get("metric") ?? "revenue";
  const gran = asked.query.get("gran") ?? "d";
  const by = asked.query.get("by");
  const channel = asked.query.get("channel");
  const known = metrics.find((one) => one.id === id);
  const rows = asked.empty ? [] : daysOf(asked.from, asked.to).filter((row) => !channel || row.channel === channel);
  const first = Date.parse(`${asked.from}T00:00:00Z`);
  const last = Date.parse(`${asked.to}T00:00:00Z`);
  const starts: number[] = [];
  for (let t = first; t <= last + DAY - 1; t += gran === "h" ? HOUR : DAY) {
    const date = new Date(t);
    const start =
      gran === "w" ? t - ((date.getUTCDay() + 6) % 7) * DAY : gran === "m" ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) : t;
    if (starts.at(-1) !== start) starts.push(start);
  }
  const points = (some: readonly ChannelDay[]) =>
    starts.map((t, index) => {
      const end = gran === "h" ? t + HOUR : (starts[index + 1] ?? last + DAY);
      const inside = some.filter((row) => (gran === "h" ? row.day * DAY === Math.floor(t / DAY) * DAY : row.day * DAY >= t && row.day * DAY < end));
      const value = metricsOf(sum(inside))[id] ?? null;
      const rate = known?.unit === "percent" || known?.unit === "ratio" || id === "aov" || id === "cpa";
      const hour = new Date(t).getUTCHours();
      const shape = (0.25 + Math.max(0, Math.sin(((hour - 6) / 18) * Math.PI))) / 20;
      return { t, value: value === null ? (rate ? null : 0) : gran === "h" && !rate ? Math.round(value * shape * (0.8 + 0.4 * noise(t))) : value };
    });
  const keyOf = (row: ChannelDay) => (by === "channel" ? row.channel : by === "source" ? row.source : by === "device" ? (row.sessions % 3 ? "mobile" : "desktop") : row.sessions % 2 ? "DE" : "SE");
  const keys = by ? [...new Set(rows.map(keyOf))].slice(0, 8) : [];
  return {
    metric: id,
    unit: known?.unit ?? "count",
    currency: asked.site.currency,
    gran,
    points: points(rows),
    series: keys.map((key) => ({ key, points: points(rows.filter((row) => keyOf(row) === key)) })),
  };
}

/** Two models of the report beside each other, and a chain in which every channel leads to every other alike. */
function comparison(asked: Asked): Comparison {
  if (!asked.query.has("by")) asked.query.set("by", "channel");
  const models = MODELS.map(([id, label, description]) => ({ id, label, description, data_driven: false }));
  const reports = models.map(({ id }) => {
    asked.query.set("model", id);
    return channels(asked);
  });
  const [first] = reports;
  const applied = asked.query.get("by") === "channel" && !asked.query.has("window");
  const rows = (first?.rows ?? []).map((row, at) => {
    const credits = models.map(({ id }, model) => {
      const { conversions = 0, value = 0, cpa = null, roas = null } = reports[model]?.rows[at] ?? {};
      return {
        ...{ model: id, conversions, conversions_low: conversions * 0.8, conversions_high: conversions * 1.2, cpa, roas },
        ...{ value, value_low: Math.round(value * 0.8), value_high: Math.round(value * 1.2) },
      };
    });
    const ranked = [...credits].sort((a, b) => a.conversions - b.conversions);
    const tested = row.channel === "Paid Search" ? 1 : 0;
    const worth = row.channel === "Direct" ? 0 : tested ? 0.42 : 0.7;
    const half = tested ? 0.24 : 0.6;
    const [low, high] = [ranked[0], ranked.at(-1)];
    const mean = credits.reduce((sum, one) => sum + one.conversions, 0) / credits.length;
    return {
      ...{ channel: row.channel, source: row.source, campaign: row.campaign ?? null, spend: row.spend, mean },
      credits: applied ? [...credits, { ...(credits[0] as ComparedCredit), model: "calibrated", conversions: worth * mean, conversions_low: Math.max(0, worth - half) * mean, conversions_high: (worth && worth + half) * mean }] : credits,
      factor: applied && worth ? { value: worth, low: Math.max(0, worth - half), high: worth + half, tests: tested } : null,
      ...{ low: low?.conversions ?? 0, low_model: low?.model ?? "", high: high?.conversions ?? 0, high_model: high?.model ?? "" },
      ...{ disagreement: mean ? ((high?.conversions ?? 0) - (low?.conversions ?? 0)) / mean : null, removal_effect: 0.3 },
    };
  });
  const names = rows.map((row) => [row.channel, row.source, row.campaign].filter(Boolean).join(" · "));
  const to = [...names, "(conversion)", "(null)"];
  return {
    currency: asked.site.currency,
    window_days: 30,
    level: 0.95,
    models: applied ? [...models, { id: "calibrated", label: "Calibrated by tests", description: "What switching channels off showed.", data_driven: true }] : models,
    rows,
    conversions: first?.total.conversions ?? 0,
    value: first?.total.value ?? 0,
    untouched: 0,
    calibration: { tests: asked.empty ? 0 : 1, applied },
    journeys_without_order: (first?.total.sessions ?? 0) - (first?.total.conversions ?? 0),
    chain: {
      order: 1,
      p_conversion: first?.total.cvr ?? 0,
      states: names.length,
      transitions: ["(start)", ...names].flatMap((from) => to.map((next) => ({ from, to: next, probability: 1 / to.length }))),
    },
  };
}

function channels(asked: Asked): Channels {
  const model = asked.query.get("model") ?? "last_touch";
  const by = asked.query.get("by") ?? "source";
  const days = asked.empty ? [] : daysOf(asked.from, asked.to);
  const all = sum(days);
  const keyOf = (row: ChannelDay) => (by === "channel" ? row.channel : by === "source" ? `${row.channel}|${row.source}` : `${row.channel}|${row.source}|${row.campaign}`);
  const keys = [...new Set(days.map(keyOf))];
  const halfLife = Number(asked.query.get("half_life") ?? 7);
  const tilt = (TILT[model] ?? 0) + (model === "time_decay" ? (halfLife - 7) / 60 : 0);
  const weights = keys.map((key) => {
    const rows = days.filter((row) => keyOf(row) === key);
    const lean = 1 + (LEAN[rows[0]?.channel ?? ""] ?? 0) * tilt;
    const total = sum(rows);
    return { key, rows, total, orders: total.orders * lean, revenue: total.revenue * lean };
  });
  const orders = weights.reduce((value, one) => value + one.orders, 0) || 1;
  const revenue = weights.reduce((value, one) => value + one.revenue, 0) || 1;
  const rate = (a: number, b: number) => (b === 0 ? null : a / b);
  const rows = weights.map(({ rows: [row], total, ...one }) => {
    const conversions = Math.round((one.orders / orders) * all.orders * 10) / 10;
    const value = Math.round((one.revenue / revenue) * all.revenue);
    return {
      channel: row?.channel ?? "",
      source: by === "channel" ? "" : (row?.source ?? ""),
      campaign: by === "campaign" ? (row?.campaign ?? "") : null,
      conversions,
      value,
      spend: total.spend,
      impressions: total.impressions,
      clicks: total.clicks,
      sessions: total.sessions,
      ctr: rate(total.clicks, total.impressions),
      cvr: rate(conversions, total.sessions),
      cpa: total.spend ? rate(total.spend, conversions) : null,
      roas: rate(value, total.spend),
      aov: rate(value, conversions),
    };
  });
  return {
    model,
    window_days: Number(asked.query.get("window") ?? 30),
    currency: asked.site.currency,
    rows,
    total: {
      conversions: all.orders,
      value: all.revenue,
      spend: all.spend,
      impressions: all.impressions,
      clicks: all.clicks,
      sessions: all.sessions,
      ctr: rate(all.clicks, all.impressions),
      cvr: rate(all.orders, all.sessions),
      cpa: rate(all.spend, all.orders),
      roas: rate(all.revenue * 0.62, all.spend),
      aov: rate(all.revenue, all.orders),
      mer: rate(all.revenue, all.spend),
    },
  };
}

const ROUTES = [
  ["Paid Social", "facebook", "paid-social", "autumn-prospecting", "/collections/lamps"],
  ["Organic Search", "google", "organic", "", "/journal/warm-light"],
  ["Email", "klaviyo", "email", "weekly-letter", "/new"],
  ["Paid Search", "google", "cpc", "brand-search", "/"],
  ["Direct", "direct", "none", "", "/"],
  ["Referral", "stilmagazin.test", "referral", "", "/products/sol-lamp"],
  ["Display", "dv360", "cpm", "retargeting", "/products/sol-lamp"],
  ["AI Assistants", "chatgpt.com", "referral", "", "/products/fjord-chair"],
] as const;

function touchpoints(seed: string, end: number): Touchpoint[] {
  const length = 1 + Math.floor(noise(seed, "n") * 5);
  const share = 1 / length;
  return Array.from({ length }, (_, index) => {
    const route = ROUTES[Math.floor(noise(seed, index) * ROUTES.length)] ?? ROUTES[0];
    return {
      id: `${seed}-t${index}`,
      t: Math.round(end - (length - index) * DAY * (1 + 2.4 * noise(seed, index, "d"))),
      number: index + 1,
      channel: route[0],
      source: route[1],
      medium: route[2],
      campaign: route[3],
      url: `https://nordlicht.test${route[4]}`,
      referrer: route[1].includes(".") ? `https://${route[1]}/` : "",
      session_id: `${seed}-s${index}`,
      credit: share,
      value: 0,
    };
  });
}

function paths(asked: Asked): { model: string; currency: string; rows: PathRow[]; next_cursor: string | null } {
  const converted = asked.query.get("converted") ?? "all";
  const model = asked.query.get("model") ?? "last_touch";
  const page = Number(asked.query.get("cursor") ?? 0);
  const channel = asked.query.get("channel");
  const q = asked.query.get("q")?.toLowerCase() ?? "";
  const end = Date.parse(`${asked.to}T18:00:00Z`);
  const all = asked.empty ? [] : Array.from({ length: 60 }, (_, index) => index);
  const rows = all.map((index): PathRow => {
    const seed = `p${index}`;
    const t = end - index * 5 * HOUR - Math.floor(noise(seed) * HOUR);
    const touches = touchpoints(seed, t);
    const ordered = converted === "yes" || (converted === "all" && index % 3 !== 2);
    const value = 2900 + Math.floor(noise(seed, "value") * 180) * 100;
    const last = touches.length - 1;
    const spread = touches.map((touch, at) => {
      const credit =
        model === "first_touch" ? Number(at === 0) : model === "linear" ? 1 / touches.length : model === "position_based" && last > 1 ? (at === 0 || at === last ? 0.4 : 0.2 / (last - 1)) : Number(at === last);
      return { ...touch, credit: ordered ? credit : 0, value: ordered ? Math.round(value * credit) : 0 };
    });
    return {
      order: ordered ? { id: `#${10482 - index}`, event_id: `${seed}-e`, t, value, currency: asked.site.currency } : null,
      person: personOf(index),
      visitor: `visitor-${index}`,
      touchpoints: spread,
    };
  });
  const kept = rows.filter(
    (row) =>
      (!channel || row.touchpoints.some((touch) => touch.channel === channel)) &&
      (!q || row.order?.id.includes(q) || row.person.includes(q) || row.touchpoints.some((touch) => touch.source.includes(q) || touch.campaign.includes(q))),
  );
  return {
    model,
    currency: asked.site.currency,
    rows: kept.slice(page * 25, page * 25 + 25),
    next_cursor: kept.length > page * 25 + 25 ? String(page + 1) : null,
  };
}

const personOf = (index: number) => (index % 3 === 0 ? `u:customer-${4100 + index}` : `v:${Math.floor(noise("v", index) * 1e9).toString(36)}${index.toString(36)}k7q`);

function journeys(asked: Asked): { rows: JourneyRow[]; next_cursor: string | null } {
  const q = asked.query.get("q")?.toLowerCase() ?? "";
  const page = Number(asked.query.get("cursor") ?? 0);
  const now = Date.parse(`${asked.to}T20:00:00Z`);
  const rows = (asked.empty ? [] : Array.from({ length: 120 }, (_, index) => index))
    .map((index): JourneyRow => {
      const sessions = 1 + Math.floor(noise("js", index) * 7);
      const orders = noise("jo", index) > 0.55 ? 1 + Math.floor(noise("jo2", index) * 2.4) : 0;
      const last = now - index * 41 * 60_000;
      const first = ROUTES[Math.floor(noise("jf", index) * ROUTES.length)] ?? ROUTES[0];
      const final = ROUTES[Math.floor(noise("jl", index) * ROUTES.length)] ?? ROUTES[0];
      return {
        person: personOf(index),
        visitors: 1,
        user_id: index % 3 === 0 ? `customer-${4100 + index}` : null,
        first_seen: last - Math.floor(noise("jd", index) * 21 * DAY),
        last_seen: last,
        sessions,
        events: sessions * (3 + Math.floor(noise("je", index) * 6)),
        orders,
        value: orders * (3900 + Math.floor(noise("jv", index) * 140) * 100),
        first_channel: first[0],
        last_channel: final[0],
        country: ["DE", "SE", "NL", "AT", "FR"][index % 5] ?? "DE",
        device: index % 4 === 0 ? "desktop" : "mobile",
      };
    })
    .filter((row) => !q || row.person.includes(q) || (row.user_id ?? "").includes(q) || row.first_channel.toLowerCase().includes(q));
  return { rows: rows.slice(page * 50, page * 50 + 50), next_cursor: rows.length > page * 50 + 50 ? String(page + 1) : null };
}

function journey(asked: Asked): Response {
  const person = decodeURIComponent(asked.path.split("/")[2] ?? "");
  if (person === "nobody") return problem(404, "Not found", "Nobody with that key has been seen on this site.");
  const now = Date.now() - 3 * HOUR;
  const plan = [
    { ago: 0.1, route: 2, pages: ["/new", "/products/sol-lamp", "/cart", "/checkout"], order: 18900 },
    { ago: 2.3, route: 4, pages: ["/", "/products/sol-lamp", "/products/sol-lamp", "/journal/warm-light", "/products/fjord-chair", "/cart"], order: 0 },
    { ago: 6.1, route: 3, pages: ["/", "/search?q=lamp", "/products/sol-lamp"], order: 0 },
    { ago: 9.4, route: 0, pages: ["/collections/lamps", "/products/sol-lamp", "/products/tid-clock"], order: 7400 },
    { ago: 13.2, route: 1, pages: ["/journal/warm-light"], order: 0 },
  ];
  const body: Journey = {
    person,
    visitors: ["visitor-1", "visitor-9"],
    user_id: person.startsWith("u:") ? person.slice(2) : "customer-4100",
    currency: asked.site.currency,
    orders: 2,
    value: 26300,
    sessions: plan.map((one, index) => {
      const route = ROUTES[one.route] ?? ROUTES[0];
      const start = now - one.ago * DAY;
      const events: Journey["sessions"][number]["events"] = one.pages.map((path, at) => ({
        id: `${index}-${at}`,
        t: Math.round(start + at * 74_000 + noise(path, at) * 40_000),
        event: "pageview",
        path,
        url: `https://nordlicht.test${path}`,
        value: 0,
        currency: "",
        touch: at === 0,
        touch_number: at === 0 ? plan.length - index : 0,
        props: {},
      }));
      const end = events.at(-1)?.t ?? start;
      if (one.pages.includes("/cart")) events.push({ id: `${index}-c`, t: end + 9000, event: "add_to_cart", path: "/products/sol-lamp", url: "", value: 0, currency: "", touch: false, touch_number: 0, props: { sku: "SOL-01", quantity: 1 } });
      if (one.order) events.push({ id: `${index}-o`, t: end + 96_000, event: "purchase", path: "/checkout/done", url: "", value: one.order, currency: asked.site.currency, touch: false, touch_number: 0, props: { order_id: `#${10400 - index}` } });
      return {
        id: `s${index}`,
        started_at: events[0]?.t ?? start,
        ended_at: events.at(-1)?.t ?? start,
        channel: route[0],
        source: route[1],
        medium: route[2],
        campaign: route[3],
        device: index % 2 ? "desktop" : "mobile",
        browser: index % 2 ? "Firefox" : "Safari",
        os: index % 2 ? "Windows" : "iOS",
        country: "DE",
        events,
      };
    }),
  };
  return json(body);
}

const inbox: InboxRow[] = [
  ["value", "`value` must be a number in major units such as 129.00, found \"129,00 EUR\"", { event: "purchase", sid: "9f1c", value: "129,00 EUR", currency: "EUR", site: "demo-site" }],
  ["ts", "the event's time lies 41 days in the past, the limit is 30 days", { event: "purchase", ts: "2026-10-10T08:12:00Z", value: 49, currency: "EUR" }],
  ["currency", "`EURO` is not an ISO 4217 code: send `EUR`", { event: "purchase", value: 84.5, currency: "EURO", order_id: "10391" }],
  ["event", "`event` is missing", { url: "https://nordlicht.test/cart", props: { sku: "SOL-01" } }],
].map(([field, reason, payload], index) => ({
  id: `in-${index}`,
  site: "demo-site",
  source: index % 2 ? "connector" : "collect",
  field: String(field),
  reason: String(reason),
  payload: JSON.stringify(payload),
  received_at: Date.now() - (index * 7 + 1) * 23 * 60_000,
  status: "open",
}));

function settle(asked: Asked): Response {
  const [, , id, verb] = asked.path.split("/");
  const row = inbox.find((one) => one.id === id);
  if (!row) return problem(404, "Not found", "That event is no longer in the inbox.");
  if (verb === "dismiss") {
    row.status = "dismissed";
    return new Response(null, { status: 204 });
  }
  if (row.field === "event") return json({ status: "open", detail: "still refused: `event` is missing" });
  row.status = "replayed";
  return json({ status: "replayed", detail: "accepted" });
}

const imports: ImportDetail[] = [
  { id: "im-3", kind: "shopify_orders", file_name: "orders_export_1.csv", status: "done", bytes_total: 2_811_204, bytes_done: 2_811_204, rows_total: 6_120, rows_loaded: 6_120, rows_rejected: 0, detail: "", created_at: Date.now() - HOUR, finished_at: Date.now() - HOUR + 9000, errors: [] },
  { id: "im-2", kind: "ad_spend", file_name: "google-ads-november.csv", status: "done", bytes_total: 31_204, bytes_done: 31_204, rows_total: 412, rows_loaded: 412, rows_rejected: 0, detail: "", created_at: Date.now() - 2 * HOUR, finished_at: Date.now() - 2 * HOUR + 2400, errors: [] },
  {
    id: "im-1",
    kind: "ad_spend",
    file_name: "meta-week-46.csv",
    status: "done",
    bytes_total: 7_410,
    bytes_done: 7_410,
    rows_total: 96,
    rows_loaded: 93,
    rows_rejected: 3,
    detail: "",
    created_at: Date.now() - 27 * HOUR,
    finished_at: Date.now() - 27 * HOUR + 900,
    errors: [
      { row: 14, field: "spend", reason: "must be a number in major units such as 12.50, found \"12,5\"" },
      { row: 51, field: "date", reason: "must be a day such as 2026-11-20, found \"20/11/2026\"" },
      { row: 77, field: "currency", reason: "the site's currency is EUR, found \"USD\"" },
    ],
  },
  { id: "im-0", kind: "ad_spend", file_name: "tiktok.csv", status: "failed", bytes_total: 812, bytes_done: 0, rows_total: 0, rows_loaded: 0, rows_rejected: 0, detail: "the first line must name the columns; missing: date, spend", created_at: Date.now() - 51 * HOUR, finished_at: Date.now() - 51 * HOUR + 200, errors: [] },
];

/** A new import loads a third a second; every 40th row of it is refused. */
function progress(one: ImportDetail): ImportDetail {
  if (one.finished_at !== null) return one;
  const seconds = (Date.now() - one.created_at) / 1000;
  const part = Math.min(1, Math.max(0, seconds - 1) / 3);
  const read = Math.floor(part * one.rows_total);
  one.status = seconds < 1 ? "queued" : part < 1 ? "running" : "done";
  one.rows_rejected = Math.floor(read / 40);
  one.rows_loaded = read - one.rows_rejected;
  if (one.kind !== "ad_spend") one.bytes_done = Math.floor(part * one.bytes_total);
  one.errors = Array.from({ length: one.rows_rejected }, (_, at) => ({ row: (at + 1) * 40 + 1, field: one.kind === "ad_spend" ? "spend" : "Created at", reason: "is empty" }));
  if (one.status === "done") one.finished_at = Date.now();
  return one;
}

/** A column without which a file is not what it is said to be. */
const NEEDED: Record<string, string> = { ad_spend: "spend", shopify_orders: "Name", shopify_customers: "Email", shopify_products: "Handle" };

async function upload(asked: Asked, request: Request): Promise<Response> {
  const lines = (await request.text()).trim().split("\n");
  const kind = asked.path.endsWith("shopify") ? `shopify_${asked.query.get("kind")}` : "ad_spend";
  const needed = NEEDED[kind];
  if (!needed) return problem(422, "Invalid input", "kind must be orders, customers or products.");
  if (!lines[0]?.includes(needed)) return problem(422, "Invalid input", `The first line must name the columns; missing: \`${needed}\`.`);
  const one: ImportDetail = { id: `im-${imports.length}`, kind, file_name: asked.query.get("file_name") ?? "upload.csv", status: "queued", bytes_total: lines.join("\n").length, bytes_done: 0, rows_total: lines.length - 1, rows_loaded: 0, rows_rejected: 0, detail: "", created_at: Date.now(), finished_at: null, errors: [] };
  imports.unshift(one);
  return json(one, 202);
}

const audit: AuditRow[] = [
  ["admin@demo.test", "run.requested", "run:run-1", null, { agent: "analyst" }],
  ["admin@demo.test", "import.uploaded", "import:im-2", null, { file_name: "google-ads-november.csv", rows: 412 }],
  ["admin@demo.test", "inbox.dismissed", "inbox:in-9", { status: "open" }, { status: "dismissed" }],
  ["admin@demo.test", "auth.signed_in", "user:u1", null, null],
  ["system", "tenant.created", "tenant:t1", null, { name: "Nordlicht", plan: "free" }],
].map(([actor, action, entity, before, after], index) => ({
  id: `a-${index}`,
  number: 5 - index,
  hash: Array.from({ length: 8 }, (_, part) => Math.floor(noise("audit", index, part) * 0xffffffff).toString(16).padStart(8, "0")).join(""),
  actor: String(actor),
  action: String(action),
  entity: String(entity),
  before,
  after,
  at: Date.now() - (index * index * 9 + 1) * 17 * 60_000,
}));

let hits = 0;

function hit(asked: Asked, received: number): LiveHit {
  hits += 1;
  const route = ROUTES[Math.floor(noise("lr", hits) * ROUTES.length)] ?? ROUTES[0];
  const kind = noise("lk", hits);
  const event = kind > 0.95 ? "purchase" : kind > 0.85 ? "add_to_cart" : kind > 0.78 ? "signup" : "pageview";
  return {
    id: `hit-${hits}-${received}`,
    event,
    t: received - 200,
    received_at: received,
    visitor: `v${Math.floor(noise("lv", hits) * 1e6).toString(36)}`,
    path: route[4],
    source: route[1],
    channel: route[0],
    country: ["DE", "SE", "NL", "AT", "FR", "US"][hits % 6] ?? "DE",
    device: hits % 3 ? "mobile" : "desktop",
    browser: ["Safari", "Chrome", "Firefox"][hits % 3] ?? "Chrome",
    value: event === "purchase" ? 2900 + Math.floor(noise("lp", hits) * 160) * 100 : 0,
    currency: event === "purchase" ? asked.site.currency : "",
    bot: hits % 17 === 0,
  };
}

function live(asked: Asked, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let timers: ReturnType<typeof setInterval>[] = [];
  const stop = () => timers.forEach(clearInterval);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: string, data: unknown) => {
        try {
          controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
        } catch {
          stop();
        }
      };
      const active = () =>
        send("active", asked.empty ? { visitors_5m: 0, events_5m: 0, revenue_today: 0, orders_today: 0 } : { visitors_5m: 38 + (hits % 7), events_5m: 212 + (hits % 40), revenue_today: 412_300 + hits * 700, orders_today: 47 + Math.floor(hits / 20) });
      controller.enqueue(encoder.encode(": hello\n\n"));
      active();
      if (asked.empty) return;
      for (let index = 30; index > 0; index -= 1) send("hit", hit(asked, Date.now() - index * 4100));
      timers = [setInterval(() => send("hit", hit(asked, Date.now())), 1700), setInterval(active, 2000)];
    },
    cancel: stop,
  });
  signal.addEventListener("abort", stop);
  return new Response(stream, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}
