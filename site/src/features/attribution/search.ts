import { integer, number, oneOf, type RawSearch, sort, text } from "@/lib/search";

export const GROUPS = ["channel", "source", "campaign"] as const;
export type Group = (typeof GROUPS)[number];
export const TABS = ["credit", "models", "paths", "tests"] as const;
export type Tab = (typeof TABS)[number];
export const CONVERTED = ["yes", "no", "all"] as const;
export type Converted = (typeof CONVERTED)[number];
export const FIGURES = ["orders", "revenue", "cpa"] as const;
export type Figure = (typeof FIGURES)[number];

export interface AttributionSearch {
  tab?: Tab | undefined;
  model?: string | undefined;
  /** A second model to compare with. */
  vs?: string | undefined;
  /** Lookback, days. */
  window?: number | undefined;
  /** Days after which a touch counts half, for models that decay. */
  half_life?: number | undefined;
  by?: Group | undefined;
  /** What the models are compared by. */
  figure?: Figure | undefined;
  /** How many touches the Markov chain remembers. */
  order?: number | undefined;
  sort?: string | undefined;
  channel?: string | undefined;
  converted?: Converted | undefined;
  q?: string | undefined;
  /** Id of the incrementality test that is open, or `new`. */
  test?: string | undefined;
}

export const DEFAULT_SORT = "value.desc";

export function attributionSearch(raw: RawSearch): AttributionSearch {
  const order = sort(raw.sort);
  return {
    tab: oneOf(raw.tab, TABS, "credit"),
    model: text(raw.model, 60),
    vs: text(raw.vs, 60),
    window: integer(raw.window, 1, 365),
    half_life: number(raw.half_life, 0.1, 365),
    by: oneOf(raw.by, GROUPS, "channel"),
    figure: oneOf(raw.figure, FIGURES, "orders"),
    order: integer(raw.order, 1, 4),
    sort: order === DEFAULT_SORT ? undefined : order,
    channel: text(raw.channel, 80),
    converted: oneOf(raw.converted, CONVERTED, "yes"),
    q: text(raw.q),
    test: text(raw.test, 60),
  };
}
