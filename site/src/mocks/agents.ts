/** The agents' half of the API: a catalog like the API's, runs that take a few seconds, and proposals to decide on. */
import type { Agent, Proposal, Run, RunEvent } from "@/api/agents";

import type { LoopAsked } from "./loop";

const HOUR = 3_600_000;

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const json = (body: unknown, status = 200) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const problem = (status: number, title: string, detail: string) => json({ type: "about:blank", title, status, detail }, status);

const campaignId = { campaign_id: { type: "string", description: "The campaign to look at" } };
const agent = (name: string, title: string, about: string, required: string[], properties: Record<string, unknown>): Agent => ({ name, title, about, permission: "run_agents", input_schema: { type: "object", required, properties } });
const agents: Agent[] = [
  agent("planner", "Channel planner", "Plans a campaign over the connected channels from an objective and a budget: shares, audiences, keywords and copy.", ["objective", "budget_daily", "landing_url"], {
    objective: { type: "string", enum: ["sales", "leads", "traffic", "awareness"], description: "What the campaign is for" },
    budget_daily: { type: "integer", description: "Minor units a day over all channels" },
    landing_url: { type: "string", format: "uri", description: "Where clicks lead" },
    name: { type: "string", description: "The campaign's name; made up when left out" },
    brief: { type: "string", description: "What the campaign is about" },
    start_at: { type: "integer", description: "UTC ms" },
    countries: { type: "array", items: { type: "string" }, description: "ISO 3166-1 alpha-2" },
  }),
  agent("creative", "Creative", "Writes variants of copy for a campaign's ad sets, each trying something else.", ["campaign_id"], { ...campaignId, variants: { type: "integer", default: 3, description: "Variants an ad set" }, brief: { type: "string", description: "What the copy shall be about" } }),
  agent("compliance", "Compliance", "Reads a campaign as a channel's reviewers and the brand would, and flags what they would object to, with sources.", ["campaign_id"], campaignId),
  agent("pacer", "Budget pacer", "Compares what the next unit of money brings in each ad set and moves budget there, within limits and never above the sum.", ["campaign_id"], { ...campaignId, days: { type: "integer", default: 14, description: "Days that are over and looked at" } }),
  agent("optimizer", "Optimizer", "Judges ads by what they brought, pauses those that are very likely not the best and shows the winner.", ["campaign_id"], { ...campaignId, pause_below: { type: "number", default: 0.05, description: "Paused below this probability of being the best" } }),
  agent("analyst", "Analyst", "Tells a period in words: what changed beyond chance, and what to do. Every number is checked against its query.", [], {
    from: { type: "string", format: "date", description: "First day; six days before `to` when left out" },
    to: { type: "string", format: "date", description: "Last day; yesterday when left out" },
  }),
];

const output: Run["output"] = {
  title: "Revenue up 12%, carried by email and organic search",
  summary: "The shop earned €61,240 this week, €6,560 more than the week before, on nearly the same spend. Email brought the most for its cost; paid social cost more per order than in any of the last four weeks.",
  findings: [
    { headline: "Revenue rose to €61,240", detail: "€54,680 the week before; orders rose by 9%, their average value by 3%.", metric: "revenue", value: 6124000, previous: 5468000, change: 0.12, severity: "positive" },
    { headline: "Paid social pays less", detail: "ROAS fell from 2.41× to 1.88× while spend stayed the same.", metric: "roas", value: 1.88, previous: 2.41, change: -0.22, severity: "negative" },
    { headline: "AI assistants bring orders", detail: "31 sessions a day from chatgpt.com, converting at 4.1%.", metric: "sessions", value: 217, previous: 140, change: 0.55, severity: "neutral" },
  ],
  figures: [
    { metric: "revenue", value: 6124000, unit: "money", query: "/analytics/summary?metric=revenue" },
    { metric: "roas", value: 1.88, unit: "ratio", query: "/analytics/summary?metric=roas" },
    { metric: "sessions", value: 217, unit: "count", query: "/analytics/breakdown?by=channel" },
  ],
};

const told = (title: string, summary: string) => ({ title, summary, findings: [], figures: [] });
const PACED = told("€18 a day from search to social", "The next euro brings 1.6 times as much in the social ad set as in search. The sum stays the same.");
const ROTATED = told("One ad to pause, one winner", "The third ad has shown itself beaten after 8,200 impressions; the first is very likely the best of its set.");

const UNASKED = { site: "demo-site", campaign_id: "", context_id: "", requested_by: "u1", model: "", tokens_in: 0, tokens_out: 0, cost_micros: 0, attempts: 0, detail: "", input: {} };
const past = (id: string, name: string, hours: number, part: Partial<Run>): Run => {
  const at = Date.now() - hours * HOUR;
  return { ...UNASKED, id, agent: name, status: "succeeded", output: null, created_at: at, started_at: at + 400, ended_at: at + 6400, ...part };
};

const runs: Run[] = [
  past("run-9", "pacer", 5, { campaign_id: "c-6", requested_by: "system", output: PACED }),
  past("run-8", "optimizer", 5.1, { campaign_id: "c-6", requested_by: "system", output: ROTATED }),
  past("run-7", "creative", 20, { campaign_id: "c-6", status: "failed", detail: "The model at `https://models.test/v1` did not answer five times in a row (503). The run waits among the dead letters.", attempts: 5 }),
  past("run-1", "analyst", 26, { output, model: "builtin", tokens_in: 3120, tokens_out: 412, cost_micros: 4200 }),
];

const document = (key: string) => ({ ad_set_id: key, ad_id: key });
const proposal = (id: string, run: string, kind: string, title: string, payload: Record<string, unknown>): Proposal => ({ id, site: "demo-site", run_id: run, campaign_id: "c-6", kind, title, payload, status: "open", approval_id: "", created_at: Date.now() - 5 * HOUR, decided_by: "", decided_at: null });
const proposals: Proposal[] = [
  proposal("pr-9", "run-9", "budgets", PACED.title, {
    told: PACED,
    shifts: [
      { ad_set_id: "as-1", from: 6000, to: 4200, reason: "Beyond €42 a day each further euro brought €0.90 over the last 14 days." },
      { ad_set_id: "as-2", from: 4000, to: 5800, reason: "The next euro brings €1.44, with 61 conversions to go by." },
    ],
  }),
  proposal("pr-8", "run-8", "rotation", ROTATED.title, {
    told: ROTATED,
    ads: [
      { ...document("ad-1"), action: "promote", reason: "2.9% of 9,400 impressions were clicked; nothing points to another.", posterior: { p_best: 0.96 } },
      { ...document("ad-2"), action: "keep", reason: "Shown 640 times so far, too few to judge.", posterior: { p_best: 0.035 } },
      { ...document("ad-3"), action: "pause", reason: "1.4% of 8,200 impressions were clicked.", posterior: { p_best: 0.004 } },
    ],
  }),
];

/** A run of six seconds: what happens when, ms. */
function script(run: Run): [number, string, Record<string, unknown>][] {
  const answer = '{"title":"Revenue up 12%, carried by email","summary":"The shop earned more on nearly the same spend. Paid social costs more per order than in any of the last four weeks."}';
  const pieces = answer.match(/.{1,12}/g) ?? [];
  return [
    [400, "started", { agent: run.agent, resumed: false }],
    [600, "need", { text: "the site" }],
    [800, "data", { text: "the site" }],
    [900, "need", { text: "revenue, spend, roas by channel from 2026-11-14 to 2026-11-20" }],
    [1600, "data", { text: "revenue, spend, roas by channel from 2026-11-14 to 2026-11-20" }],
    [1700, "model_call", { model: "builtin", task: "report", repeated: false, scrubbed: { email: 1 } }],
    ...pieces.map((piece, index): [number, string, Record<string, unknown>] => [1900 + index * 180, "text_delta", { text: piece }]),
    [5200, "model_answer", { model: "builtin", text: answer, tools: [], tokens_in: 3120, tokens_out: 412, cost_micros: 4200, cached: false }],
    [5900, "succeeded", { title: output?.title ?? "" }],
  ];
}

function advance(run: Run): Run {
  if (run.ended_at != null) return run;
  const age = Date.now() - run.created_at;
  if (age > 400) Object.assign(run, { status: "running", started_at: run.created_at + 400 });
  if (age > 5900) Object.assign(run, { status: "succeeded", ended_at: run.created_at + 5900, output, model: "builtin", tokens_in: 3120, tokens_out: 412, cost_micros: 4200 });
  return run;
}

const events = (run: Run): RunEvent[] =>
  run.status === "failed"
    ? [
        { number: 1, type: "started", data: { resumed: false }, at: run.created_at + 400 },
        { number: 2, type: "retry", data: { reason: "The model did not answer (503).", attempt: 4 }, at: run.created_at + 3000 },
        { number: 3, type: "failed", data: { reason: run.detail }, at: run.created_at + 6400 },
      ]
    : script(run)
        .map(([after, type, data], index) => ({ number: index + 1, type, data, at: run.created_at + after }))
        .filter((event) => event.type !== "text_delta" && event.at <= (run.status === "cancelled" ? (run.ended_at ?? 0) : Date.now()));

function stream(run: Run, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const timers: ReturnType<typeof setTimeout>[] = [];
  const stop = () => timers.forEach(clearTimeout);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const steps = script(run);
      steps.forEach(([after, type, data], index) =>
        timers.push(
          setTimeout(
            () => {
              if (run.status === "cancelled") return;
              controller.enqueue(encoder.encode(`id: ${index + 1}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`));
              if (index === steps.length - 1) controller.close();
            },
            Math.max(0, run.created_at + after - Date.now()),
          ),
        ),
      );
    },
    cancel: stop,
  });
  signal.addEventListener("abort", stop);
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}

const runOf = (asked: LoopAsked) => runs.find((one) => one.id === asked.path.split("/")[3]);
const gone = () => problem(404, "Not found", "There is no such run.");

export const agentRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/agents$/, () => json({ rows: agents })],
  [
    "GET",
    /^\/agents\/runs$/,
    (asked) => {
      const wants = (name: string, value: string) => [null, value].includes(asked.query.get(name));
      return json({ rows: asked.empty ? [] : runs.map(advance).filter((run) => wants("agent", run.agent) && wants("status", run.status) && wants("campaign_id", run.campaign_id)) });
    },
  ],
  [
    "POST",
    /^\/agents\/run$/,
    async (_, request) => {
      const body = (await request.json()) as { agent: string; context: { campaign_id?: string } };
      const run: Run = { ...UNASKED, id: `run-${runs.length + 10}`, agent: body.agent, campaign_id: body.context.campaign_id ?? "", input: body.context, status: "queued", output: null, created_at: Date.now(), started_at: null, ended_at: null };
      runs.unshift(run);
      return json(run, 202);
    },
  ],
  ["GET", /^\/agents\/proposals$/, (asked) => json({ rows: asked.empty ? [] : proposals.filter((one) => one.status === (asked.query.get("status") ?? "open")) })],
  [
    "POST",
    /^\/agents\/proposals\/[^/]+\/(accept|dismiss)$/,
    (asked) => {
      const [, , , id, verb] = asked.path.split("/");
      const one = proposals.find((row) => row.id === id);
      if (one?.status !== "open") return problem(409, "Conflict", "This proposal is decided already.");
      Object.assign(one, { status: verb === "accept" ? "accepted" : "dismissed", decided_by: "u1", decided_at: Date.now() });
      return verb === "accept" ? json({ campaign_id: one.campaign_id, approval_id: null }) : json(null, 204);
    },
  ],
  [
    "GET",
    /^\/agents\/runs\/[^/]+$/,
    (asked) => {
      const run = runOf(asked);
      return run ? json({ ...advance(run), events: events(run), proposals: proposals.filter((one) => one.run_id === run.id) }) : gone();
    },
  ],
  [
    "GET",
    /^\/agents\/runs\/[^/]+\/stream$/,
    (asked, request) => {
      const run = runOf(asked);
      return run ? stream(run, request.signal) : gone();
    },
  ],
  [
    "POST",
    /^\/agents\/runs\/[^/]+\/cancel$/,
    (asked) => {
      const run = runOf(asked);
      if (!run) return gone();
      Object.assign(run, { status: "cancelled", detail: "cancelled by Ada Lindqvist", ended_at: Date.now() });
      return json(run);
    },
  ],
];
