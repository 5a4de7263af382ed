/** The experiments' half of the API: one that runs, one decided, one draft. */
import type { Experiment, NewExperiment, Plan, PlanQuestion, Readout, Uplift, Variant } from "@/api/experiments";

import type { LoopAsked } from "./loop";

const DAY = 86_400_000;

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const problem = (status: number, title: string, detail: string) => json({ type: "about:blank", title, status, detail }, status);

const variant = (key: string, name: string, exposures: number, rewards: number, best: number | null, status = "active", detail = ""): Variant => ({
  key,
  name,
  payload: {},
  status,
  exposures,
  rewards,
  rate: exposures ? rewards / exposures : null,
  probability_best: best,
  expected_loss: best === null ? null : 0.002,
  detail,
});
const experiment = (id: string, key: string, name: string, status: string, variants: Variant[], part: Partial<Experiment> = {}): Experiment => ({
  id,
  site: "demo-site",
  key,
  name,
  hypothesis: "",
  campaign_id: "",
  metric: "purchase",
  surface: "site",
  status,
  winner: "",
  thresholds: { min_exposures: 200, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.005, window_days: 7, floor: 0.05 },
  method: "thompson",
  context: [],
  variants,
  created_at: Date.now() - 12 * DAY,
  started_at: status === "draft" ? null : Date.now() - 11 * DAY,
  ended_at: null,
  ...part,
});

const experiments: Experiment[] = [
  experiment(
    "ex-1",
    "hero-headline",
    "Headline of the start page",
    "running",
    [
      variant("as-it-is", "As it is", 2140, 62, 0.11, "active", "Less likely the best than the warm light, not by enough to pause it."),
      variant("warm-light", "Warm light for long evenings", 3980, 143, 0.87, "active", "The best so far; it wins at 95%."),
      variant("made-to-last", "Made to last", 640, 11, 0.02, "paused", "Paused: 2% likely the best after 640 visitors, the threshold is 5%."),
    ],
    { method: "contextual", context: ["device", "visitor"], hypothesis: "People come in the evening; a headline about light at home should bring more orders than one about the shop." },
  ),
  experiment("ex-2", "free-returns", "Free returns beside the price", "decided", [variant("without", "Without", 1810, 40, 0.03, "paused"), variant("with", "With", 5200, 171, 0.97, "winner", "Wins: 97% likely the best, and costs at most 0.1 points.")], { winner: "with", ended_at: Date.now() - DAY }),
  experiment("ex-3", "subject-line", "Subject line of the welcome letter", "draft", [variant("plain", "Plain", 0, 0, null), variant("question", "A question", 0, 0, null)], { surface: "email", metric: "signup" }),
];

const found = (asked: LoopAsked) => experiments.find((one) => one.id === asked.path.split("/")[2]);

const dayOf = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10);

/** Normal curves over the variants' rates, narrower by the day. */
const densitiesOf = (one: Experiment): Readout["densities"] => {
  const rates = Array.from({ length: 64 }, (_, at) => 0.01 + at * 0.0006);
  const days = Array.from({ length: 12 }, (_, at) => {
    const curves = one.variants.map((variant) => {
      const rate = variant.exposures ? variant.rewards / variant.exposures : 0.03;
      const sd = Math.sqrt((rate * (1 - rate)) / Math.max(20, (variant.exposures * (at + 1)) / 12));
      return { key: variant.key, heights: rates.map((x) => Math.exp(-0.5 * ((x - rate) / sd) ** 2) / sd) };
    });
    const top = Math.max(...curves.flatMap((curve) => curve.heights));
    return { date: dayOf(11 - at), variants: curves.map((curve) => ({ ...curve, heights: curve.heights.map((height) => height / top) })) };
  });
  return { rates, days };
};

const segmentsOf = (one: Experiment): Readout["segments"] =>
  [
    ["device", "mobile", 4210, 0.97],
    ["device", "desktop", 2480, 0.21],
    ["device", "other", 70, 0.5],
    ["visitor", "new", 4900, 0.88],
    ["visitor", "returning", 1860, 0.74],
  ].map(([feature, level, visitors, chance]) => ({
    feature: String(feature),
    level: String(level),
    visitors: Number(visitors),
    best: Number(chance) >= 0.5 ? (one.variants[1]?.key ?? null) : (one.variants[0]?.key ?? null),
    variants: one.variants.map((variant, place) => ({
      key: variant.key,
      rate: place === 1 ? 0.028 + 0.01 * Number(chance) : 0.03,
      low: place === 1 ? 0.022 + 0.01 * Number(chance) : 0.022,
      high: place === 1 ? 0.034 + 0.01 * Number(chance) : 0.038,
      probability_best: variant.status === "paused" ? null : place === 1 ? Number(chance) : 1 - Number(chance),
    })),
  }));

/** What an experiment says: made up, but of its own counts. */
const readoutOf = (one: Experiment): Readout => {
  const [control] = one.variants;
  const rateOf = (variant: Variant) => (variant.exposures ? variant.rewards / variant.exposures : 0);
  const spread = (variant: Variant) => 1.96 * Math.sqrt((rateOf(variant) * (1 - rateOf(variant))) / Math.max(1, variant.exposures));
  return {
    control: control?.key ?? "",
    days: 12,
    window_days: 7,
    level: 0.95,
    variants: one.variants.map((variant) => {
      const lift = control && rateOf(control) ? rateOf(variant) / rateOf(control) - 1 : 0;
      return {
        key: variant.key,
        status: variant.status,
        exposures: variant.exposures,
        rewards: variant.rewards,
        trials: variant.exposures * 0.94,
        awaited: variant.status === "active" ? variant.rewards * 0.05 : 0,
        share: variant.status === "paused" ? 0 : (variant.probability_best ?? 0),
        rate: variant.exposures ? rateOf(variant) / 0.94 : null,
        rate_low: Math.max(0, rateOf(variant) - spread(variant)),
        rate_high: rateOf(variant) + spread(variant),
        probability_best: variant.probability_best ?? null,
        expected_loss: variant.expected_loss ?? null,
        against: variant === control ? null : { lift, low: lift - 0.22, high: lift + 0.22, always_low: lift - 0.31, always_high: lift + 0.31, p_value: 0.04, always_p_value: 0.21, chance_to_win: lift > 0 ? 0.94 : 0.08, risk: lift > 0 ? 0.004 : 0.3, outcome: "undecided" },
        refused: "",
      };
    }),
    split: { p_value: 0.41, mismatch: false, detail: "How often each variant was shown is held against the probabilities it was drawn with." },
    history: Array.from({ length: 12 }, (_, at) => ({
      date: dayOf(11 - at),
      variants: one.variants.map((variant, place) => {
        const known = (at + 1) / 12;
        return {
          key: variant.key,
          rate: rateOf(variant) * (1 + 0.2 * Math.cos(at + place) * (1 - known)),
          rate_low: Math.max(0, rateOf(variant) - spread(variant) / Math.sqrt(known)),
          rate_high: rateOf(variant) + spread(variant) / Math.sqrt(known),
          probability_best: (variant.probability_best ?? 0) * known + (1 - known) / one.variants.length,
          share: (variant.probability_best ?? 0) * known + (1 - known) / one.variants.length,
          exposures: Math.round(variant.exposures * known),
          rewards: Math.round(variant.rewards * known),
        };
      }),
    })),
    densities: densitiesOf(one),
    segments: one.status === "running" && one.context.length ? segmentsOf(one) : null,
    policies:
      one.status === "stopped"
        ? null
        : {
            settled: 5120,
            unsettled: 640,
            rows: [...one.variants.map((variant) => ({ only: variant.key, rate: rateOf(variant), worth: variant.exposures })), { only: null, rate: 0.028, worth: 2900 }].map(({ only, rate, worth }) => ({
              only,
              ips: rate,
              ips_error: 0.004,
              snips: rate,
              snips_error: 0.0035,
              robust: rate,
              robust_error: 0.003,
              logged: 0.032,
              effective_visitors: worth * 0.8,
            })),
          },
  };
};

/** Whom a variant moves: those on phones, and of the paused one nothing is known. */
const upliftOf = (one: Experiment, key: string): Uplift => {
  const [control] = one.variants;
  const treated = one.variants.find((variant) => variant.key === key) ?? control;
  const enough = (treated?.rewards ?? 0) >= 50;
  const bounded = (value: number, half: number) => ({ value, low: value - half, high: value + half });
  const compared = (visitors: number, without: number, change: number, half: number) => ({ visitors, rate_with: without + change, rate_without: without, difference: bounded(change, half) });
  const scores = { qini: bounded(0.21, 0.14), auuc: bounded(0.09, 0.06) };
  return {
    control: control?.key ?? "",
    variant: treated?.key ?? "",
    verdict: enough ? "differs" : "cannot_tell",
    said: enough
      ? `${treated?.name} moves some visitors more than others (Qini 0.21, 95 % from 0.07 to 0.35, above 0). Surest with device mobile: +1.6 points, 95 % from +0.7 to +2.5.`
      : `It cannot be told yet whom ${treated?.name} moves: it has ${treated?.rewards} conversions whose time is over, ${control?.name} has ${control?.rewards}, and it takes 50 of each. With fewer a rate is known too loosely to divide it among groups.`,
    level: 0.95,
    visitors: 5120,
    unsettled: 640,
    left_out: 0,
    forgotten: 0,
    conversions_with: treated?.rewards ?? 0,
    conversions_without: control?.rewards ?? 0,
    least_conversions: 50,
    overall: compared(5120, 0.029, 0.007, 0.009),
    two_models: enough ? scores : null,
    class_transformation: enough ? { qini: bounded(0.18, 0.15), auuc: bounded(0.08, 0.06) } : null,
    curve: enough
      ? Array.from({ length: 41 }, (_, at) => {
          const share = at / 40;
          return { share, gain: bounded(0.007 * share + 0.012 * share * (1 - share), 0.009 * Math.sqrt(share)), random: 0.007 * share };
        })
      : [],
    segments: [
      { feature: "device", level: "mobile", compared: compared(3180, 0.028, 0.016, 0.009) },
      { feature: "device", level: "desktop", compared: compared(1880, 0.031, -0.004, 0.012) },
      { feature: "device", level: "other", compared: { visitors: 60, rate_with: 0.05, rate_without: null, difference: null } },
      { feature: "visitor", level: "new", compared: compared(3720, 0.027, 0.008, 0.008) },
      { feature: "visitor", level: "returning", compared: compared(1400, 0.034, 0.003, 0.018) },
    ],
  };
};

/** Sixteen variances over the difference squared: near enough to the planner's own for a picture. */
const planOf = (question: PlanQuestion): Plan => {
  const rate = question.rate ?? 0.029;
  const visitors = question.visitors_a_day ?? 610;
  const variants = question.variants ?? 2;
  const needed = (lift: number) => {
    const units = Math.ceil((16 * rate * (1 - rate)) / (rate * lift) ** 2) * (question.always_valid ? 2 : 1);
    const days = Math.ceil((units * variants) / visitors);
    return { lift, units, total: units * variants, days, weeks: Math.ceil(days / 7) };
  };
  const lift = question.lift ?? 0.1;
  return {
    rate,
    rate_is_own: question.rate == null,
    visitors_a_day: visitors,
    visitors_are_own: question.visitors_a_day == null,
    needed: needed(lift),
    lifts: [0.5, 0.75, 1, 1.5, 2, 3].map((times) => needed(lift * times)),
    within: [1, 2, 4, 8].map((weeks) => ({ weeks, lift: 0.4 / Math.sqrt(weeks) })),
  };
};

export const experimentRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/experiments$/, (asked) => json({ rows: asked.empty ? [] : experiments })],
  [
    "POST",
    /^\/experiments$/,
    async (_, request) => {
      const body = (await request.json()) as NewExperiment;
      const made = experiment(`ex-${experiments.length + 1}`, body.key, body.name, "draft", body.variants.map((one) => variant(one.key, one.name, 0, 0, null)), { metric: body.metric, method: body.method ?? "thompson", context: body.context ?? [], hypothesis: body.hypothesis ?? "", created_at: Date.now() });
      experiments.unshift(made);
      return json(made, 201);
    },
  ],
  ["POST", /^\/experiments\/plan$/, async (_, request) => json(planOf((await request.json()) as PlanQuestion))],
  [
    "GET",
    /^\/experiments\/[^/]+\/readout$/,
    (asked) => {
      const one = found(asked);
      return one ? json(readoutOf(one)) : problem(404, "Not found", "There is no such experiment.");
    },
  ],
  [
    "GET",
    /^\/experiments\/[^/]+\/uplift$/,
    (asked, request) => {
      const one = found(asked);
      return one ? json(upliftOf(one, new URL(request.url).searchParams.get("variant") ?? "")) : problem(404, "Not found", "There is no such experiment.");
    },
  ],
  [
    "PATCH",
    /^\/experiments\/[^/]+$/,
    async (asked, request) => {
      const one = found(asked);
      if (!one) return problem(404, "Not found", "There is no such experiment.");
      const body = (await request.json()) as { thresholds?: Partial<Experiment["thresholds"]> };
      one.thresholds = { ...one.thresholds, ...body.thresholds };
      return json(one);
    },
  ],
  ["GET", /^\/experiments\/[^/]+$/, (asked) => (found(asked) ? json(found(asked)) : problem(404, "Not found", "There is no such experiment."))],
  [
    "POST",
    /^\/experiments\/[^/]+\/(start|stop)$/,
    (asked) => {
      const one = found(asked);
      if (!one) return problem(404, "Not found", "There is no such experiment.");
      Object.assign(one, asked.path.endsWith("start") ? { status: "running", started_at: Date.now() } : { status: "stopped", ended_at: Date.now() });
      return json(one);
    },
  ],
];
