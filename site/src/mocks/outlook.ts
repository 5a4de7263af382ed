/** What comes and what was not as usual: an invented forecast, and two findings of the invented shop. */
import type { AnomalyLook, AnomalyRow, Forecast } from "@/api/types";

import type { LoopAsked } from "./loop";
import { noise } from "./shop";

type Handler = (asked: LoopAsked, request: Request) => Response;

const DAY = 86_400_000;
const WEEK = [1.25, 0.8, 0.82, 0.86, 0.95, 1.05, 1.27];
const json = (body: unknown, status = 200) => new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const dateOf = (t: number) => new Date(t).toISOString().slice(0, 10);
const today = Math.floor(Date.now() / DAY) * DAY;
const usual = (t: number, level: number) => Math.round(level * (WEEK[new Date(t).getUTCDay()] ?? 1));
const seen = (t: number, level: number) => Math.round(usual(t, level) * (0.9 + 0.2 * noise(Math.round(t / DAY))));

function forecast(query: URLSearchParams): Forecast {
  const weeks = query.get("gran") === "w";
  const step = weeks ? 7 * DAY : DAY;
  const horizon = Number(query.get("horizon") ?? 28);
  const metric = query.get("metric") ?? "revenue";
  const level = (metric === "revenue" ? 412_000 : 86) * (weeks ? 7 : 1);
  const at = (place: number) => today + place * step;
  const shown = Math.max(60, 6 * horizon);
  const mean = (t: number) => (weeks ? level : usual(t, level));
  const ahead = Array.from({ length: horizon }, (_, place) => {
    const t = at(place);
    const wide = 0.07 * (place + 1) ** 0.3;
    return { t, date: dateOf(t), mean: mean(t), low_80: mean(t) * (1 - wide), high_80: mean(t) * (1 + wide), low_95: mean(t) * (1 - 1.7 * wide), high_95: mean(t) * (1 + 1.7 * wide) };
  });
  const origins = Array.from({ length: 6 }, (_, back) => {
    const start = -horizon - Math.round(((5 - back) * horizon) / 2);
    const points = Array.from({ length: horizon }, (_, place) => {
      const t = at(start + place);
      return { t, forecast: mean(t) * (0.97 + 0.015 * back), actual: seen(t, level) };
    });
    const sum = (pick: (point: (typeof points)[number]) => number) => points.reduce((total, point) => total + pick(point), 0);
    return { date: dateOf(at(start)), points, off: sum((point) => point.forecast) / sum((point) => point.actual) - 1 };
  });
  return {
    metric,
    unit: metric === "revenue" ? "money" : "count",
    currency: "EUR",
    gran: weeks ? "w" : "d",
    kind: "regular",
    models: ["arima", "stl_arima", "stl_ets", "mfles"],
    learnt_from: 398,
    filled: 0,
    history: Array.from({ length: shown }, (_, place) => ({ t: at(place - shown), date: dateOf(at(place - shown)), value: seen(at(place - shown), level) })),
    ahead,
    total: ahead.reduce((sum, one) => sum + one.mean, 0),
    promotion: query.get("promotions") ? 0.4 * level : null,
    backtest: { origins, smape: 8.4, mase: 0.52, models: [["stl_arima", 0.061], ["arima", 0.066], ["stl_ets", 0.07], ["mfles", 0.081], ["seasonal_naive", 0.097]].map(([model, error]) => ({ model: String(model), error: Number(error) * level })) },
  };
}

function finding(metric: string, unit: string, level: number, back: number, days: number, factor: number): AnomalyRow {
  const day = today - back * DAY;
  const around = Array.from({ length: 28 + Math.min(15, back) }, (_, place) => {
    const t = day + (place - 28) * DAY;
    const hit = place >= 28 && place < 28 + days;
    return { date: dateOf(t), value: hit ? Math.round(seen(t, level) * factor) : seen(t, level), lower: 0.82 * usual(t, level), upper: 1.2 * usual(t, level) };
  });
  const first = around[28] ?? { value: 0, lower: 0, upper: 0 };
  const moved = (first.value ?? 0) - usual(day, level);
  const mover = (dimension: string, name: string, share: number) => ({ dimension, name, change: moved * share, surprise: moved * share });
  return {
    id: `${metric}-${dateOf(day)}-demo-site`, site: "demo-site", metric, unit, currency: "EUR", date: dateOf(day), days,
    value: first.value ?? 0, expected: usual(day, level), lower: first.lower ?? 0, upper: first.upper ?? 0, score: factor < 1 ? -7.4 : 6.1,
    words: "Told by the figures.",
    shift: days > 4 ? { since: dateOf(day), before: level, after: Math.round(level * factor) } : null,
    moved: [mover("channel", "Paid Search", 0.94), mover("channel", "Direct", 0.06), mover("source", "google", 0.97), mover("source", "(none)", 0.03), mover("campaign", "autumn-wool-blankets-search-brand", 0.9), mover("device", "mobile", 0.7), mover("device", "desktop", 0.3)],
    around, status: "open", found_at: today, dismissed_by: null, dismissed_at: null,
  };
}

const findings = [finding("revenue", "money", 412_000, 3, 1, 0.36), finding("sessions", "count", 1_240, 9, 7, 1.7)];
const look: AnomalyLook = {
  looked_at: Date.now() - 5 * 3_600_000, window_days: 14, values: 98, values_ever: 2_590, unusual_ever: 21, over_budget: 1,
  metrics: ["revenue", "orders", "aov", "sessions", "cvr", "bounce_rate", "spend", "cpc"].map((metric) => (metric === "cpc" ? { metric, values: 0, reason: "it has 12 days; what is usual is learnt from 28" } : { metric, values: 14, reason: null })),
};

/** Of a shop without a single value. */
const nothingAhead = (query: URLSearchParams): Forecast => ({
  ...forecast(query),
  kind: "nothing",
  models: [],
  learnt_from: 0,
  history: [],
  ahead: [],
  total: null,
  promotion: null,
  backtest: { origins: [], smape: null, mase: null, models: [] },
});

export const outlookRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/forecast$/, (asked) => (json(asked.empty ? nothingAhead(asked.query) : forecast(asked.query)))],
  ["GET", /^\/insights\/anomalies$/, (asked) => json(asked.empty ? { rows: [], next_cursor: null, look: null } : { rows: findings.filter(({ status }) => status === (asked.query.get("status") ?? "open")), next_cursor: null, look })],
  ["POST", /^\/insights\/anomalies\/check$/, () => json({ ...look, looked_at: Date.now() })],
  [
    "POST",
    /^\/insights\/anomalies\/[^/]+\/(dismiss|reopen)$/,
    (asked) => {
      const [, , , id, verb] = asked.path.split("/");
      const one = findings.find((row) => row.id === id);
      if (one) Object.assign(one, verb === "dismiss" ? { status: "dismissed", dismissed_by: "u1", dismissed_at: Date.now() } : { status: "open", dismissed_by: null, dismissed_at: null });
      return json(null, one ? 204 : 404);
    },
  ],
];
