/** The experiments' half of the API: one that runs, one decided, one draft. */
import type { Experiment, NewExperiment, Variant } from "@/api/experiments";

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
  thresholds: { min_exposures: 200, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.005 },
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
    { hypothesis: "People come in the evening; a headline about light at home should bring more orders than one about the shop." },
  ),
  experiment("ex-2", "free-returns", "Free returns beside the price", "decided", [variant("without", "Without", 1810, 40, 0.03, "paused"), variant("with", "With", 5200, 171, 0.97, "winner", "Wins: 97% likely the best, and costs at most 0.1 points.")], { winner: "with", ended_at: Date.now() - DAY }),
  experiment("ex-3", "subject-line", "Subject line of the welcome letter", "draft", [variant("plain", "Plain", 0, 0, null), variant("question", "A question", 0, 0, null)], { surface: "email", metric: "signup" }),
];

const found = (asked: LoopAsked) => experiments.find((one) => one.id === asked.path.split("/")[2]);

export const experimentRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/experiments$/, (asked) => json({ rows: asked.empty ? [] : experiments })],
  [
    "POST",
    /^\/experiments$/,
    async (_, request) => {
      const body = (await request.json()) as NewExperiment;
      const made = experiment(`ex-${experiments.length + 1}`, body.key, body.name, "draft", body.variants.map((one) => variant(one.key, one.name, 0, 0, null)), { metric: body.metric, hypothesis: body.hypothesis ?? "", created_at: Date.now() });
      experiments.unshift(made);
      return json(made, 201);
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
