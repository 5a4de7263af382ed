/** Stock's half of the API: an invented shop's variants, what runs out and what to order. */
import type { Stock, StockForecast, StockItem, StockRange, StockStudy, StockTerms } from "@/api/stock";

import type { LoopAsked } from "./loop";
import { noise } from "./shop";

type Handler = (asked: LoopAsked, request: Request) => Response | Promise<Response>;

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });
const problem = (status: number, title: string, detail: string) => json({ type: "about:blank", title, status, detail }, status);

const DAY = 86_400_000;
const NOW = Date.now();
const TODAY = Math.floor(NOW / DAY) * DAY;
const date = (t: number) => new Date(t).toISOString().slice(0, 10);

let terms: StockTerms = { lead_days: 14, review_days: 7, service_level: 0.95, order_cost: null, holding_rate: 0.25 };

/** Product, variant, SKU, units a day, on hand, cost. */
const GOODS: [string, string, string, number, number | null, number | null][] = [
  ["Vanilla candle", "", "CANDLE-V", 6.2, 31, 420],
  ["Classic Varsity Top", "Medium", "VARSITY-M", 2.4, 18, 1_850],
  ["Classic Varsity Top", "Large", "VARSITY-L", 1.1, 64, 1_850],
  ["Classic Varsity Top", "Extra large, relaxed fit for tall people", "VARSITY-XL-RELAXED-TALL", 0.3, 2, 1_850],
  ["Knitted Throw Pillow", "Sand", "", 0.9, -3, 990],
  ["Copper Light", "", "LIGHT-CU", 0.21, 9, 3_400],
  ["Antique Drawers", "", "DRAWERS", 0.04, 4, 12_500],
  ["Gift card", "", "GIFT", 0.6, null, null],
  ["Clay Plant Pot", "Regular", "POT-R", 3.3, 240, 260],
  ["Clay Plant Pot", "Large", "POT-L", 1.7, 0, 380],
  ["Cream Sofa", "", "SOFA", 0, 3, 41_000],
];

const until = () => terms.lead_days + terms.review_days;
const range = (mean: number): StockRange => ({ mean, low: Math.max(0, mean - 1.4 * Math.sqrt(mean)), high: mean + 1.4 * Math.sqrt(mean) });

function item([product, variant, sku, daily, on_hand, cost]: (typeof GOODS)[number], at: number): StockItem {
  const sells = daily > 0;
  const over = range(daily * until());
  const point = Math.ceil(over.mean + 1.65 * Math.sqrt(over.mean));
  const lasts = on_hand === null || !sells ? null : Math.max(0, on_hand) / daily;
  const order = on_hand === null || !sells ? null : Math.max(0, point - on_hand);
  const left = (days: number) => (on_hand === null || !sells ? null : 1 / (1 + Math.exp((1.7 * (on_hand - daily * days)) / Math.sqrt(daily * days + 0.1))));
  const sum = GOODS.filter((one) => one[0] === product).length;
  return {
    id: `v:${at}/1`,
    sku,
    product_id: sum > 1 ? `p:${product}` : "",
    product,
    variant,
    vendor: "Adroit Home",
    on_hand,
    cost,
    value: on_hand === null || cost === null ? null : Math.max(0, on_hand) * cost,
    sold_90: Math.round(daily * 90),
    last_sale: sells ? date(TODAY - DAY) : null,
    dead: !sells,
    left_out: null,
    kind: sells ? (daily < 2 ? "intermittent" : "regular") : "nothing",
    learnt_from: sells ? 320 : 0,
    daily: sells ? { mean: daily, low: over.low / until(), high: over.high / until() } : null,
    lead_demand: sells ? range(daily * terms.lead_days) : null,
    cover: lasts === null ? null : { mean: lasts > 365 ? null : lasts, low: Math.floor(lasts * 0.7), high: lasts > 250 ? null : Math.ceil(lasts * 1.4) },
    stockout: on_hand === 0 || (on_hand ?? 1) < 0 ? 1 : left(terms.lead_days),
    stockout_if_waiting: left(until()),
    reorder_point: sells ? point : null,
    safety_stock: sells ? point - over.mean : null,
    economic_quantity: terms.order_cost == null || cost === null || !sells ? null : Math.sqrt((2 * daily * 365 * terms.order_cost) / (cost * terms.holding_rate)),
    order_now: order,
    order_cost: order === null || cost === null ? null : order * cost,
  };
}

function answer(query: URLSearchParams): Stock {
  const all = GOODS.map(item);
  const some = (pick: (one: StockItem) => boolean) => all.filter(pick);
  const ordered = some((one) => (one.order_now ?? 0) > 0);
  const gone = some((one) => one.cover?.mean != null && one.cover.mean < terms.lead_days);
  const dead = some((one) => one.dead);
  const sum = (list: StockItem[], read: (one: StockItem) => number | null | undefined) => list.reduce((total, one) => total + (read(one) ?? 0), 0);
  const wanted = (query.get("q") ?? "").toLowerCase();
  const shown = { order: ordered, runs_out: gone, dead, unknown: some((one) => one.on_hand == null) }[query.get("show") ?? ""] ?? all;
  const by: Record<string, (one: StockItem) => number | string> = {
    product: (one) => one.product,
    on_hand: (one) => -(one.on_hand ?? -1e9),
    demand: (one) => -(one.daily?.mean ?? -1),
    cover: (one) => one.cover?.mean ?? 1e9,
    reorder_point: (one) => -(one.reorder_point ?? -1),
    order_now: (one) => -(one.order_now ?? -1),
  };
  const key = by[query.get("sort") ?? ""] ?? ((one: StockItem) => -(one.stockout ?? -1));
  const rows = shown.filter((one) => `${one.product} ${one.variant} ${one.sku}`.toLowerCase().includes(wanted));
  rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (query.get("reverse") === "true" ? -1 : 1));
  return {
    currency: "EUR",
    sales_from: date(TODAY - 320 * DAY),
    sales_until: date(TODAY - DAY),
    stock_at: NOW - DAY / 3,
    horizon_days: 60,
    reconciled_by: "mint_wls",
    terms,
    expected: range(GOODS.reduce((total, one) => total + one[3] * 60, 0)),
    totals: {
      variants: all.length,
      unknown: 1,
      runs_out: gone.length,
      to_order: ordered.length,
      order_units: sum(ordered, (one) => one.order_now),
      order_cost: sum(ordered, (one) => one.order_cost),
      order_without_cost: 0,
      value: sum(all, (one) => one.value),
      value_without_cost: 0,
      dead: dead.length,
      dead_units: sum(dead, (one) => one.on_hand),
      dead_value: sum(dead, (one) => one.value),
      left_out: 0,
      left_out_units: 0,
    },
    matching: rows.length,
    rows,
    next_cursor: null,
  };
}

function forecast(of: string): StockForecast {
  const goods = GOODS.map((good, at) => ({ good, id: `v:${at}/1` })).filter(({ good, id }) => good[3] > 0 && (of === "shop" || of === id || of === `p:${good[0]}`));
  const daily = goods.reduce((sum, { good }) => sum + good[3], 0);
  const parts = goods.length > 1 ? goods.map(({ good, id }) => ({ id, name: good[1] ? `${good[0]}, ${good[1]}` : good[0], total: good[3] * 60 })) : [];
  const was = Array.from({ length: 120 }, (_, at) => TODAY + (at - 120) * DAY);
  return {
    id: of,
    level: of === "shop" ? "shop" : of.startsWith("p:") ? "product" : "variant",
    name: of === "shop" ? "The whole shop" : (goods[0]?.good[0] ?? ""),
    parent: of === "shop" ? null : "shop",
    kind: daily < 2 ? "intermittent" : "regular",
    models: daily < 2 ? ["croston", "tsb", "mean"] : ["arima", "stl_arima", "stl_ets", "mfles"],
    learnt_from: 320,
    history: was.map((t) => ({ t, date: date(t), value: Math.round(Math.max(0, daily * (0.3 + 1.4 * noise(Math.round(t / DAY))))) })),
    ahead: Array.from({ length: 60 }, (_, at) => {
      const t = TODAY + at * DAY;
      const spread = 1.3 * Math.sqrt(daily);
      return { t, date: date(t), mean: daily, low_80: Math.max(0, Math.round(daily - spread)), high_80: Math.round(daily + spread), low_95: Math.max(0, Math.round(daily - 1.6 * spread)), high_95: Math.round(daily + 1.7 * spread) };
    }),
    total: daily * 60,
    total_alone: daily * 61.4,
    parts,
  };
}

export const stockRoutes: [string, RegExp, Handler][] = [
  [
    "GET",
    /^\/planning\/stock$/,
    (asked, request) => {
      const none: StockStudy = { study: null, computed_at: null, terms, answer: null };
      const study = { id: "stock-1", status: "done", progress: 1, detail: "", requested_at: NOW - 6 * 3_600_000, ended_at: NOW - 6 * 3_600_000 + 9_000 };
      return json(asked.empty ? none : { study, computed_at: study.ended_at, terms, answer: answer(new URL(request.url).searchParams) });
    },
  ],
  ["POST", /^\/planning\/stock$/, () => problem(409, "Conflict", "no orders are imported yet; stock is learnt from Shopify's exports of orders and products")],
  ["GET", /^\/planning\/stock\/forecast$/, (_, request) => json(forecast(new URL(request.url).searchParams.get("of") ?? "shop"))],
  [
    "PUT",
    /^\/planning\/stock\/settings$/,
    async (_, request) => {
      terms = { ...terms, ...((await request.json()) as Partial<StockTerms>) };
      return json(terms);
    },
  ],
];
