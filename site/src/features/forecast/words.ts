/** What the forecast's short names mean, in plain words. */

export const KINDS: Record<string, string> = {
  constant: "always the same",
  short: "too short to see a pattern",
  intermittent: "nothing on many days",
  regular: "regular",
};

const MODELS: Record<string, string> = {
  mean: "the mean",
  naive: "the last value",
  seasonal_naive: "last season again",
  theta: "theta",
  ets: "exponential smoothing (ETS)",
  arima: "ARIMA",
  stl_ets: "season apart (STL) + ETS",
  stl_arima: "season apart (STL) + ARIMA",
  mfles: "boosted trend and season (MFLES)",
  croston: "Croston",
  tsb: "Teunter–Syntetos–Babai",
};

export const modelName = (id: string): string => MODELS[id] ?? id.replaceAll("_", " ");

/** A mean of counts or amounts as people say it: no halves of orders or cents, unless it is small. */
export function worded(value: number, unit: string): number {
  return unit === "money" || (unit === "count" && Math.abs(value) >= 10) ? Math.round(value) : value;
}
