import { integer, oneOf, type RawSearch, text } from "@/lib/search";
import { daysIn, MAX_PROMOTIONS } from "@/lib/dates";

export interface ForecastSearch {
  /** Metric that is forecast; revenue when absent. */
  metric?: string | undefined;
  /** Weeks; days when absent. */
  gran?: "w" | undefined;
  horizon?: number | undefined;
  /** Days of promotion, separated by commas. */
  promotions?: string | undefined;
}

export function forecastSearch(raw: RawSearch): ForecastSearch {
  const metric = text(raw.metric, 40);
  const gran = oneOf(raw.gran, ["w"] as const);
  const days = daysIn(text(raw.promotions, 12 * MAX_PROMOTIONS) ?? "");
  return {
    metric: metric === "revenue" ? undefined : metric,
    gran,
    horizon: integer(raw.horizon, 1, gran === "w" ? 52 : 180),
    promotions: days.length > 0 ? days.join(",") : undefined,
  };
}
