/**
 * An invented shop whose figures hang together: every number of the mocks is summed from these days, so tiles, charts
 * and tables agree with one another. Deterministic. For development and tests only.
 */

const DAY = 86_400_000;

export interface ChannelDay {
  day: number;
  channel: string;
  source: string;
  campaign: string;
  sessions: number;
  impressions: number;
  clicks: number;
  spend: number;
  orders: number;
  revenue: number;
}

interface Profile {
  channel: string;
  source: string;
  campaign: string;
  sessions: number;
  cvr: number;
  aov: number;
  cpc: number;
  ctr: number;
  growth: number;
}

const PROFILES: Profile[] = [
  { channel: "Paid Search", source: "google", campaign: "brand-search", sessions: 310, cvr: 0.034, aov: 8900, cpc: 64, ctr: 0.062, growth: 0.1 },
  { channel: "Organic Search", source: "google", campaign: "", sessions: 420, cvr: 0.024, aov: 8400, cpc: 0, ctr: 0, growth: 0.2 },
  { channel: "Paid Social", source: "facebook", campaign: "autumn-prospecting", sessions: 380, cvr: 0.013, aov: 7600, cpc: 71, ctr: 0.014, growth: -0.15 },
  { channel: "Paid Social", source: "tiktok", campaign: "creators-q4", sessions: 190, cvr: 0.008, aov: 5900, cpc: 38, ctr: 0.011, growth: 0.6 },
  { channel: "Email", source: "klaviyo", campaign: "weekly-letter", sessions: 150, cvr: 0.047, aov: 9800, cpc: 2, ctr: 0.031, growth: 0.05 },
  { channel: "Direct", source: "direct", campaign: "", sessions: 260, cvr: 0.031, aov: 9200, cpc: 0, ctr: 0, growth: 0 },
  { channel: "Referral", source: "stilmagazin.test", campaign: "", sessions: 70, cvr: 0.019, aov: 8100, cpc: 0, ctr: 0, growth: 0.1 },
  { channel: "Affiliates", source: "awin", campaign: "always-on", sessions: 85, cvr: 0.027, aov: 8300, cpc: 55, ctr: 0.021, growth: 0 },
  { channel: "Display", source: "dv360", campaign: "retargeting", sessions: 120, cvr: 0.007, aov: 7000, cpc: 42, ctr: 0.004, growth: -0.3 },
  { channel: "Organic Social", source: "instagram", campaign: "", sessions: 140, cvr: 0.009, aov: 6800, cpc: 0, ctr: 0, growth: 0.3 },
  { channel: "AI Assistants", source: "chatgpt.com", campaign: "", sessions: 32, cvr: 0.041, aov: 9900, cpc: 0, ctr: 0, growth: 1.4 },
];

/** A repeatable number in [0, 1) for any key. */
export function noise(...key: (string | number)[]): number {
  let hash = 2166136261;
  for (const char of key.join("|")) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}

/** One day of one campaign. `day` counts days since 1970-01-01. */
function figures(profile: Profile, day: number): ChannelDay {
  const weekday = (day + 4) % 7;
  const week = weekday === 0 || weekday === 6 ? 1.18 : weekday === 1 ? 1.06 : 0.94;
  const trend = 1 + profile.growth * (((day % 365) - 180) / 365);
  const wave = 1 + 0.09 * Math.sin(day / 5.3 + profile.sessions);
  const sessions = Math.round(profile.sessions * week * trend * wave * (0.86 + 0.28 * noise("s", profile.source, day)));
  const orders = Math.round(sessions * profile.cvr * (0.72 + 0.56 * noise("o", profile.source, day)));
  const clicks = profile.cpc ? Math.round(sessions * 1.12) : 0;
  return {
    day,
    channel: profile.channel,
    source: profile.source,
    campaign: profile.campaign,
    sessions,
    impressions: profile.ctr ? Math.round(clicks / profile.ctr) : 0,
    clicks,
    spend: Math.round(clicks * profile.cpc * (0.9 + 0.2 * noise("c", profile.source, day))),
    orders,
    revenue: Math.round(orders * profile.aov * (0.88 + 0.24 * noise("v", profile.source, day))),
  };
}

export function daysOf(from: string, to: string): ChannelDay[] {
  const first = Math.floor(Date.parse(`${from}T00:00:00Z`) / DAY);
  const last = Math.floor(Date.parse(`${to}T00:00:00Z`) / DAY);
  const rows: ChannelDay[] = [];
  for (let day = first; day <= last; day += 1) for (const profile of PROFILES) rows.push(figures(profile, day));
  return rows;
}

type Sum = Pick<ChannelDay, "sessions" | "impressions" | "clicks" | "spend" | "orders" | "revenue">;

export function sum(rows: readonly ChannelDay[]): Sum {
  const total: Sum = { sessions: 0, impressions: 0, clicks: 0, spend: 0, orders: 0, revenue: 0 };
  for (const row of rows) for (const key of Object.keys(total) as (keyof Sum)[]) total[key] += row[key];
  return total;
}

const over = (a: number, b: number) => (b === 0 ? null : a / b);

/** The metric catalog's figures of some days. */
export function metricsOf(total: Sum): Record<string, number | null> {
  return {
    revenue: total.revenue,
    spend: total.spend,
    roas: over(total.revenue * 0.62, total.spend),
    mer: over(total.revenue, total.spend),
    orders: total.orders,
    aov: over(total.revenue, total.orders),
    sessions: total.sessions,
    visitors: Math.round(total.sessions * 0.71),
    cvr: over(total.orders, total.sessions),
    ctr: over(total.clicks, total.impressions),
    cpa: over(total.spend, total.orders),
    events: total.sessions * 6,
    pageviews: total.sessions * 4,
    clicks: total.clicks,
    impressions: total.impressions,
  };
}
