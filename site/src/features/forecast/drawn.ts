/** History and forecast as lines over one axis, with the ranges. */
import type { Forecast } from "@/api/types";
import type { ChartBand, ChartSeries } from "@/components/chart/time-series";

/** Periods shown of what was, as a multiple of those ahead, so that these are no sliver at the end; never fewer than the second. */
const SHOWN_HORIZONS = 2;
const FEWEST_SHOWN = 42;

export function drawn({ history: was, ahead }: Pick<Forecast, "history" | "ahead">, label: string): { series: ChartSeries[]; bands: ChartBand[] } {
  const history = was.slice(-Math.max(FEWEST_SHOWN, SHOWN_HORIZONS * ahead.length));
  const times = [...history, ...ahead].map(({ t }) => t);
  const band = (key: string, name: string, strength: number, low: "low_80" | "low_95", high: "high_80" | "high_95"): ChartBand => ({
    key,
    label: name,
    color: "var(--chart-primary)",
    strength,
    points: times.map((_, at) => {
      const one = ahead[at - history.length];
      return one ? { low: one[low], high: one[high] } : { low: null, high: null };
    }),
  });
  return {
    series: [
      { key: "was", label, color: "var(--chart-previous)", partial: true, points: times.map((t, at) => ({ t, value: history[at]?.value ?? null })) },
      {
        key: "ahead",
        label: "Forecast",
        color: "var(--chart-primary)",
        partial: true,
        points: times.map((t, at) => ({ t, value: ahead[at - history.length]?.mean ?? null })),
      },
    ],
    bands: [band("95", "19 of 20 times", 0.13, "low_95", "high_95"), band("80", "4 of 5 times", 0.22, "low_80", "high_80")],
  };
}
