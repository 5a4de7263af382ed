import { GRANULARITIES, type Granularity } from "@/lib/dates";
import { oneOf, type RawSearch, sort, text } from "@/lib/search";

export const SPLITS = ["channel", "source", "device", "country"] as const;
export type Split = (typeof SPLITS)[number];

export interface DashboardSearch {
  /** Metric of the main chart; revenue (beside spend) when absent. */
  metric?: string | undefined;
  gran?: Granularity | undefined;
  by?: Split | undefined;
  channel?: string | undefined;
  model?: string | undefined;
  sort?: string | undefined;
}

export const DEFAULT_SORT = "value.desc";

export function dashboardSearch(raw: RawSearch): DashboardSearch {
  const metric = text(raw.metric, 40);
  const order = sort(raw.sort);
  return {
    metric: metric === "revenue" ? undefined : metric,
    gran: oneOf(raw.gran, GRANULARITIES),
    by: oneOf(raw.by, SPLITS),
    channel: text(raw.channel, 80),
    model: text(raw.model, 60),
    sort: order === DEFAULT_SORT ? undefined : order,
  };
}
