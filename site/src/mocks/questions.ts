/**
 * Questions about the invented shop. The mock understands three kinds of question (by day, by channel, a single
 * figure) by looking for words; whatever names none of its metrics is not understood, as the API would say it.
 */
import type { AnswerColumn, Kpi, QuerySchema, QuestionAnswer, SqlAnswer } from "@/api/questions";
import { addDays, previousRange } from "@/lib/dates";

import type { LoopAsked } from "./loop";
import { daysOf, metricsOf, sum } from "./shop";

const DAY = 86_400_000;

const METRICS = [
  { id: "revenue", label: "Revenue", unit: "money", better: "up", description: "Orders' value, before refunds.", formula: "sum(order value)" },
  { id: "orders", label: "Orders", unit: "count", better: "up", description: "Orders placed, each counted once.", formula: "count(orders)" },
  { id: "aov", label: "AOV", unit: "money", better: "up", description: "Average order value.", formula: "revenue / orders" },
  { id: "cvr", label: "Conversion rate", unit: "percent", better: "up", description: "Share of sessions that end in an order.", formula: "orders / sessions" },
  { id: "sessions", label: "Sessions", unit: "count", better: "up", description: "Visits, split after 30 minutes of silence.", formula: "count(sessions)" },
  { id: "spend", label: "Ad spend", unit: "money", better: "none", description: "What the ads cost.", formula: "sum(ad spend)" },
  { id: "roas", label: "ROAS", unit: "ratio", better: "up", description: "Revenue of paid channels for each unit spent on them.", formula: "paid revenue / spend" },
  { id: "cpa", label: "Cost per order", unit: "money", better: "down", description: "What one order costs in ads.", formula: "spend / orders" },
  { id: "ctr", label: "CTR", unit: "percent", better: "up", description: "Share of impressions that were clicked.", formula: "clicks / impressions" },
] as const;

const SUGGESTED = [
  "Revenue by day in the last 30 days",
  "Revenue by channel in the last 30 days",
  "Revenue in the last 30 days compared with the period before",
  "Which channels had the highest conversion rate last month?",
  "Orders by day this week",
  "Ad spend by channel last week",
  "ROAS in the last 7 days",
];

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
}

const yesterday = () => new Date(Date.now() - DAY).toISOString().slice(0, 10);

/** SQL as the API shows it: with question marks where the tenant, the site and the days go. */
const sqlOf = (select: string, group = "") =>
  `SELECT ${select}\nFROM orders\nWHERE tenant_id = ?1\n  AND site = ?2\n  AND day BETWEEN ?3 AND ?4${group ? `\nGROUP BY ${group}\nORDER BY 1` : ""}\nLIMIT 100`;

async function ask(asked: LoopAsked, request: Request): Promise<Response> {
  const { question } = (await request.json()) as { question: string };
  const words = question.toLowerCase();
  const named = METRICS.filter((metric) => words.includes(metric.id) || words.includes(metric.label.toLowerCase()));
  const unknown = /\bby (?!day|channel)(\w+)/.exec(words)?.[1];
  if (named.length === 0 || unknown) {
    const reason = unknown ? `\`${unknown}\` is nothing the data knows` : "no metric is named in it";
    return json(
      {
        type: "about:blank",
        title: "Cannot be processed",
        status: 422,
        detail: `the question cannot be answered: ${reason}. Try: ${SUGGESTED.slice(0, 3).join(" · ")}`,
        errors: [{ field: "/question", detail: reason }, ...SUGGESTED.slice(0, 3).map((detail, at) => ({ field: `/suggestions/${at}`, detail }))],
      },
      422,
    );
  }
  const days = { from: addDays(yesterday(), -29), to: yesterday() };
  const before = previousRange(days);
  const compared = /compared|versus|\bvs\b/.test(words);
  const rowsOf = (range: { from: string; to: string }) => (asked.empty ? [] : daysOf(range.from, range.to));
  const column = (name: string, label: string, unit: string): AnswerColumn => ({ name, label, unit, currency: unit === "money" ? asked.site.currency : null });
  const figures = named.map((metric) => column(metric.id, metric.label, metric.unit));
  const label = named.map((metric) => metric.label).join(", ");
  const over = (rows: Parameters<typeof sum>[0]) => named.map((metric) => metricsOf(sum(rows))[metric.id] ?? null);
  let drawn: Pick<QuestionAnswer, "chart" | "columns" | "rows" | "title" | "sql">;
  if (words.includes("by day")) {
    const all = rowsOf(days);
    const rows = Array.from({ length: 30 }, (_, index) => {
      const name = addDays(days.from, index);
      return [name, ...over(all.filter((row) => row.day * DAY === Date.parse(`${name}T00:00:00Z`)))];
    });
    drawn = { chart: "line", columns: [column("bucket", "Day", "date"), ...figures], rows, title: `${label} by day`, sql: sqlOf("day AS bucket, SUM(value) AS revenue", "bucket") };
  } else if (words.includes("channel")) {
    const all = rowsOf(days);
    const rows = [...new Set(all.map((row) => row.channel))]
      .map((channel) => [channel, ...over(all.filter((row) => row.channel === channel))])
      .sort((a, b) => Number(b[1] ?? 0) - Number(a[1] ?? 0));
    drawn = { chart: named.length === 1 ? "bar" : "table", columns: [column("channel", "Channel", "text"), ...figures], rows, title: `${label} by channel`, sql: sqlOf("channel, SUM(value) AS revenue", "channel") };
  } else {
    const now = over(rowsOf(days));
    const then = over(rowsOf(before));
    const columns = figures.flatMap((one) => (compared ? [one, { ...one, name: `${one.name}_previous`, label: `${one.label} before` }] : [one]));
    drawn = { chart: "kpi", columns, rows: [now.flatMap((value, at) => (compared ? [value, then[at] ?? null] : [value]))], title: label, sql: sqlOf("SUM(value) AS revenue") };
  }
  const answer: QuestionAnswer = {
    ...drawn,
    question: words,
    hash: `q-${words.length}-${named[0]?.id}`,
    engine: "d1",
    days,
    compared: compared ? before : null,
    time_zone: "UTC",
    definitions: named.map(({ id, label: name, description, formula }) => ({ id, label: name, description, formula })),
    cache: { hit: true, hits: 4, origin: "grammar", created_at: Date.now() - 3 * 3_600_000, expires_at: Date.now() + 6 * DAY },
  };
  return json(answer);
}

function kpis(asked: LoopAsked): Response {
  const days = { from: addDays(yesterday(), -29), to: yesterday() };
  const before = previousRange(days);
  const now = metricsOf(sum(asked.empty ? [] : daysOf(days.from, days.to)));
  const then = metricsOf(sum(asked.empty ? [] : daysOf(before.from, before.to)));
  const rows: Kpi[] = METRICS.map(({ id, label, unit, better, description, formula }) => ({
    id,
    title: label,
    question: `${label} in the last 30 days`,
    definition: `${description} ${formula}, over all orders and visits of the site, in 30 whole days, the last of them yesterday.`,
    unit,
    better,
    value: now[id] ?? null,
    previous: then[id] ?? null,
    ...days,
    previous_from: before.from,
    previous_to: before.to,
    sql: sqlOf(`SUM(value) AS ${id}`),
  }));
  return json({ rows, currency: asked.site.currency, time_zone: "UTC", schema_version: "mock" });
}

async function run(asked: LoopAsked, request: Request): Promise<Response> {
  const { sql } = (await request.json()) as { sql: string };
  if (!/^\s*(select|with)\b/i.test(sql)) {
    const errors = [{ field: "/sql", detail: "only one SELECT can be run, found `" + (sql.trim().split(/\s/)[0] ?? "") + "`" }];
    return json({ type: "about:blank", title: "Invalid input", status: 422, detail: "the SQL was refused", errors }, 422);
  }
  const days = asked.empty ? [] : daysOf(addDays(yesterday(), -6), yesterday());
  const answer: SqlAnswer = {
    chart: "bar",
    engine: "d1",
    columns: [
      { name: "source", label: "source", unit: "value", currency: null },
      { name: "sessions", label: "sessions", unit: "count", currency: null },
    ],
    rows: [...new Set(days.map((row) => row.source))].map((source) => [source, sum(days.filter((row) => row.source === source)).sessions]),
    sql: `${sql.trim().replace(/;$/, "")}\n-- narrowed to ${asked.site.key}`,
    tables: ["sessions"],
    limit: 1000,
    truncated: false,
  };
  return json(answer);
}

const text = (name: string, description: string) => ({ name, description, unit: null });
const schema: QuerySchema = {
  schema_version: "mock",
  tables: [
    {
      name: "sessions",
      description: "One row a visit.",
      columns: [text("session_id", "The visit."), text("started_at", "When it began, UTC ms."), text("source", "Where it came from."), text("channel", "The channel the rules gave it."), text("country", "Two letters, ISO 3166.")],
    },
    {
      name: "orders",
      description: "One row an order.",
      columns: [text("order_id", "The shop's id."), text("ordered_at", "When it was placed, UTC ms."), { name: "value", description: "What was paid, in minor units.", unit: "money" }],
    },
  ],
  functions: ["AVG", "COUNT", "MAX", "MIN", "ROUND", "SUM"],
  rules: ["One SELECT, which may have WITH, JOIN and UNION.", "At most 1,000 rows come back."],
};

export const questionRoutes: [string, RegExp, (asked: LoopAsked, request: Request) => Response | Promise<Response>][] = [
  ["GET", /^\/kpis$/, kpis],
  ["POST", /^\/query\/ask$/, ask],
  ["POST", /^\/query\/run$/, run],
  ["POST", /^\/query\/feedback$/, () => new Response(null, { status: 204 })],
  ["GET", /^\/query\/schema$/, () => json(schema)],
  ["GET", /^\/query\/suggestions$/, (asked) => json({ rows: asked.empty ? [] : SUGGESTED.map((question, at) => ({ hash: `s-${at}`, question, title: question, hits: 9 - at, origin: "load" })) })],
];
