/** Incrementality tests' half of the API: one that is done, one that is planned. */
import type { Design, Figure, Holdout, NewHoldout, Plan, PlanQuestion, Readout } from "@/api/holdouts";

import type { LoopAsked } from "./loop";
import { noise } from "./shop";

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const DAY = 86_400_000;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const missing = () => json({ type: "about:blank", title: "Not found", status: 404, detail: "There is no such test." }, 404);
const today = Math.floor(Date.now() / DAY) * DAY;
const date = (days: number) => new Date(today + days * DAY).toISOString().slice(0, 10);
const around = (value: number, half: number): Figure => ({ value, low: value - half, high: value + half });

const REGIONS: [string, number][] = [["DE", 41], ["FR", 22], ["IT", 17], ["ES", 15], ["NL", 11], ["PL", 8], ["AT", 7], ["CH", 5], ["BE", 3]];
const all = REGIONS.reduce((sum, [, orders]) => sum + orders, 0);
const design: Design = { channel: "Paid Search", kind: "region", by: "country", treated: ["IT", "NL", "AT"], control: ["DE", "FR", "ES", "PL", "CH", "BE"], from: date(-30), to: date(-3), settle_days: 0, outcome: "orders", spend: 240_000 };

function measured(unit: number): Readout["orders"] {
  const method = (id: string, value: number, half: number, holds: number, words: string) => ({
    id, holds, p_value: 0.012, incremental: around(value * unit, half * unit), share: around(value / 980, half / 980), placebo: { passed: true, words },
  });
  const methods = [
    method("difference_in_differences", 131, 74, 0.9, "Before anything was switched off the two groups moved apart by 1.2 % (-4.0 % to 6.4 %), no more than chance."),
    method("synthetic_control", 118, 96, 6 / 7, "Before, the twin missed a day by 14 % on average. Of 7 regions, this one included, 1 deviate as much."),
  ];
  const [first] = methods;
  return { incremental: first?.incremental ?? around(0, 0), share: first?.share ?? around(0, 0), seen: 849 * unit, detectable: 111 * unit, methods };
}

const readout: Readout = {
  through: date(-3), days: 28, of_days: 28, before_days: 56, currency: "EUR", outcome: "orders", orders: measured(1), revenue: measured(5_800),
  cost_per_order: { value: 1832, low: 1171, high: 4211 }, iroas: around(3.2, 1.8), factor: around(0.42, 0.24), standard_error: 45, credits: [{ model: "last_touch", conversions: 312 }],
  claimed: { model: "last_touch", orders_share: 0.318, value_share: 0.32, orders: 312, value: 1_810_000 }, notes: [],
  series: Array.from({ length: 84 }, (_, at) => {
    const expected = 1 + 0.18 * Math.sin(at * 0.9) + 0.06 * (noise(at) - 0.5);
    return { date: date(at - 86), phase: at < 56 ? "before" : "off", expected, seen: (expected + 0.16 * (noise(500 + at) - 0.5)) * (at < 56 ? 1 : 0.87) };
  }),
};

const made = (id: string, name: string, status: string, more: Partial<Holdout> = {}): Holdout => ({ id, site: "", name, status, design, readout: null, unreadable: null, created_at: today - 40 * DAY, ended_at: null, ...more });
const tests: Holdout[] = [
  made("t2", "E-mail in Switzerland", "planned", { design: { ...design, channel: "Email", treated: ["CH"], from: date(6), to: date(33) } }),
  made("t1", "Do we need search ads?", "done", { readout, ended_at: today - 2 * DAY }),
];
const found = (asked: LoopAsked) => tests.find((one) => one.id === asked.path.split("/")[3]);

function planOf({ design: asked }: PlanQuestion, empty: boolean): Plan {
  const of = (ids: readonly string[] = []) => REGIONS.filter(([id]) => ids.includes(id)).reduce((sum, [, orders]) => sum + orders, 0);
  const [off, on] = [asked.kind === "time" ? all : of(asked.treated), of(asked.control)];
  const ready = asked.kind === "time" || (off > 0 && on > 0);
  const share = ready ? 0.6 / Math.sqrt(Math.max(1, off)) : 0;
  return {
    currency: "EUR", history_days: empty ? 0 : 364, days: 28, treated_a_day: off, control_a_day: on, windows: ready ? 6 : 0, method: ready ? "difference_in_differences" : null, notes: [],
    regions: empty || asked.kind === "time" ? [] : REGIONS.map(([id, orders]) => ({ id, orders_a_day: orders, value_a_day: orders * 5800, share: orders / all })),
    detectable: ready ? { orders: share * off * 28, value: share * off * 28 * 5800, orders_share: share, value_share: share } : null,
    claimed: ready ? { model: "last_touch", orders_share: 0.31, value_share: 0.32, orders: 0.31 * off * 28, value: 0.32 * off * 28 * 5800 } : null,
  };
}

export const holdoutRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/attribution\/holdouts$/, (asked) => json({ rows: asked.empty ? [] : tests })],
  ["POST", /^\/attribution\/holdouts\/plan$/, async (asked, request) => json(planOf((await request.json()) as PlanQuestion, asked.empty))],
  [
    "POST",
    /^\/attribution\/holdouts$/,
    async (_, request) => {
      const body = (await request.json()) as NewHoldout;
      const one = made(`t${tests.length + 1}`, body.name, "planned", { design: body.design, created_at: Date.now() });
      tests.unshift(one);
      return json(one, 201);
    },
  ],
  ["GET", /^\/attribution\/holdouts\/[^/]+$/, (asked) => (found(asked) ? json(found(asked)) : missing())],
  [
    "POST",
    /^\/attribution\/holdouts\/[^/]+\/(finish|stop)$/,
    (asked) => {
      const one = found(asked);
      if (!one) return missing();
      one.status = asked.path.endsWith("finish") ? "done" : "stopped";
      return json(one);
    },
  ],
];
