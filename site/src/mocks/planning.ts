/** Planning's half of the API: a study that was done, and budgets divided by its curves. */
import type { Budget, Mix, MixFigure, MixStudy, Scenario, ScenarioPlan } from "@/api/planning";

import type { LoopAsked } from "./loop";

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const problem = (status: number, title: string, detail: string) => json({ type: "about:blank", title, status, detail }, status);

const DAY = 86_400_000;
const WEEKS = 104;
const FROM = Date.UTC(2024, 10, 4);
const date = (t: number) => new Date(t).toISOString().slice(0, 10);
const around = (mean: number, part = 0.2): MixFigure => ({ mean, low: mean * (1 - part), high: mean * (1 + part) });

const CURVES = [
  { name: "Paid Search", present: 420_000, half: 300_000, most: 2_400_000 },
  { name: "Paid Social", present: 610_000, half: 900_000, most: 3_000_000 },
  { name: "Display", present: 150_000, half: 500_000, most: 300_000 },
];
type Curve = (typeof CURVES)[number];
const brings = (curve: Curve, spend: number) => (curve.most * spend) / (spend + curve.half);
const slope = (curve: Curve, spend: number) => (curve.most * curve.half) / (spend + curve.half) ** 2;

/** Money goes step by step to whoever's next step brings most: exact for curves that level off. */
function divide(total: number, bounds: { channel: string; min?: number; max?: number | null }[]): Budget {
  const bound = (name: string) => bounds.find((one) => one.channel === name);
  const spends = CURVES.map((curve) => bound(curve.name)?.min ?? 0);
  const step = Math.max(1, Math.floor(total / 400));
  for (let left = total - spends.reduce((sum, spend) => sum + spend, 0); left > 0; ) {
    const own = Math.min(step, left);
    const best = CURVES.map((curve, at) => ({ at, worth: (spends[at] ?? 0) + own > (bound(curve.name)?.max ?? curve.present * 3) ? -1 : slope(curve, spends[at] ?? 0) })).reduce((a, b) => (b.worth > a.worth ? b : a));
    spends[best.at] = (spends[best.at] ?? 0) + own;
    left -= own;
  }
  const sum = (of: (curve: Curve, at: number) => number) => CURVES.reduce((all, curve, at) => all + of(curve, at), 0);
  const outcome = sum((curve, at) => brings(curve, spends[at] ?? 0));
  const before = sum((curve) => brings(curve, curve.present));
  return {
    currency: "EUR",
    total,
    outcome: around(outcome),
    present_total: sum((curve) => curve.present),
    present_outcome: around(before),
    gain: { mean: outcome - before, low: (outcome - before) * 0.4 - 4_000, high: (outcome - before) * 1.5 + 4_000 },
    probability: outcome > before ? 0.94 : 0.06,
    channels: CURVES.map((curve, at) => ({
      name: curve.name,
      spend: spends[at] ?? 0,
      present: curve.present,
      outcome: around(brings(curve, spends[at] ?? 0)),
      marginal_return: slope(curve, spends[at] ?? 0),
      bound: bound(curve.name) ? "max" : null,
      beyond: (spends[at] ?? 0) > curve.present * 1.6,
    })),
  };
}

const paid = CURVES.reduce((sum, curve) => sum + brings(curve, curve.present), 0);
const weekly = paid + 4_000_000;
const present = CURVES.reduce((sum, curve) => sum + curve.present, 0);

const mix: Mix = {
  outcome: "revenue",
  by: "channel",
  currency: "EUR",
  from: date(FROM),
  to: date(FROM + (WEEKS * 7 - 1) * DAY),
  level: 0.9,
  parts: [],
  channels: CURVES.map((curve) => {
    const own = brings(curve, curve.present);
    return {
      name: curve.name,
      merged: [curve.name],
      spend: curve.present * WEEKS,
      spend_share: curve.present / present,
      brought: around(own * WEEKS),
      share: around(own / weekly),
      return_on_spend: around(own / curve.present),
      cost_per_outcome: around(curve.present / own),
      present: curve.present,
      marginal_return: around(slope(curve, curve.present), 0.4),
      carry: around(0.3),
      highest: Math.round(curve.present * 1.6),
      most: Math.round(curve.present * 3),
      curve: Array.from({ length: 40 }, (_, at) => {
        const spend = Math.round((curve.present * 3 * at) / 39);
        return { spend, response: around(brings(curve, spend), 0.15 + at / 150) };
      }),
    };
  }),
  weeks: Array.from({ length: WEEKS }, (_, at) => ({
    date: date(FROM + at * 7 * DAY),
    actual: weekly * (1 + 0.12 * Math.sin(at / 8.3) + 0.03 * Math.sin(at * 2.7)),
    fitted: weekly * (1 + 0.12 * Math.sin(at / 8.3)),
    baseline: 4_000_000 * (1 + 0.15 * Math.sin(at / 8.3)),
  })),
  quality: { weeks: WEEKS, r_squared: 0.91, draws: 800, r_hat: 1.012, effective_draws: 412, warnings: [] },
  experiments: [
    { channel: "Paid Social", from: date(FROM + 420 * DAY), to: date(FROM + 447 * DAY), scale: 0, measured: around(4_900_000, 0.25), fitted: around(4_750_000, 0.12) },
  ],
  budget: divide(present, []),
};

/** Plans of the same spend in each week: what they bring falls out of the curves, what comes anyway is the same in all. */
function compare(weeks: number, plans: ScenarioPlan[]): Scenario {
  const spends = plans.map(({ spend }) =>
    CURVES.map((curve, at) => {
      if (spend.kind === "present") return curve.present;
      if (spend.kind === "given") return spend.channels.find((one) => one.channel === curve.name)?.spend_minor ?? curve.present;
      return divide(spend.goal.kind === "spend" ? spend.goal.total_minor : present, spend.bounds ?? []).channels[at]?.spend ?? 0;
    }),
  );
  const brought = (own: number[]) => CURVES.reduce((sum, curve, at) => sum + brings(curve, own[at] ?? 0) * weeks, 0);
  return {
    outcome: "revenue",
    currency: "EUR",
    weeks,
    from: date(FROM + WEEKS * 7 * DAY),
    to: date(FROM + ((WEEKS + weeks) * 7 - 1) * DAY),
    level: 0.9,
    plans: plans.map(({ name }, at) => {
      const own = spends[at] ?? [];
      const week = own.reduce((sum, spend) => sum + spend, 0);
      const more = brought(own) - brought(spends[0] ?? []);
      const channels = CURVES.map((curve, place) => ({
        name: curve.name,
        spend: own[place] ?? 0,
        present: curve.present,
        brought: around(brings(curve, own[place] ?? 0) * weeks),
        marginal_return: around(slope(curve, own[place] ?? 0), 0.4),
        beyond: (own[place] ?? 0) > curve.present * 1.6,
      }));
      return {
        name,
        spend_a_week: week,
        spend: week * weeks,
        outcome: around(brought(own) + 4_000_000 * weeks, 0.06),
        brought: around(brought(own), 0.15),
        channels,
        difference: at === 0 ? null : { mean: more, low: more * 0.4, high: more * 1.5 },
        probability: at === 0 ? null : more === 0 ? 0.5 : more > 0 ? 0.94 : 0.06,
        warnings: channels
          .filter((channel) => channel.beyond)
          .map((channel) => `${channel.name} gets more a week than in any week so far: what it would bring there is assumed, not learnt`),
      };
    }),
  };
}

const NOW = Date.now();
const done: MixStudy = {
  study: { id: "mix-1", status: "done", progress: 1, detail: "", requested_at: NOW - DAY, ended_at: NOW - DAY + 60_000 },
  computed_at: NOW - DAY + 60_000,
  question: null,
  answer: mix,
};

export const planningRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/planning\/mix$/, (asked) => json(asked.empty ? { study: null, computed_at: null, question: null, answer: null } : done)],
  ["POST", /^\/planning\/mix$/, () => problem(409, "Conflict", "ad spend is recorded for 3 weeks that are over, at least 26 are needed")],
  [
    "POST",
    /^\/planning\/budget$/,
    async (_, request) => {
      const body = (await request.json()) as { goal: { total_minor?: number }; bounds?: { channel: string; min?: number; max?: number }[] };
      return json(divide(body.goal.total_minor ?? present, body.bounds ?? []));
    },
  ],
  [
    "POST",
    /^\/planning\/scenario$/,
    async (_, request) => {
      const body = (await request.json()) as { weeks: number; plans: ScenarioPlan[] };
      return json(compare(body.weeks, body.plans));
    },
  ],
];
