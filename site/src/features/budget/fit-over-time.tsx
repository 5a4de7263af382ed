import type { Mix } from "@/api/planning";
import { TimeSeries } from "@/components/chart/time-series";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { bucket, percent } from "@/lib/format";

import { outcomeText } from "./figures";

/** What was beside what the model says, week by week. */
export function FitOverTime({ mix }: { mix: Mix }) {
  const t = (date: string) => Date.parse(`${date}T00:00:00Z`);
  const points = (of: (week: Mix["weeks"][number]) => number) => mix.weeks.map((week) => ({ t: t(week.date), value: of(week) }));
  return (
    <Card aria-label="How well it fits">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0">
          <CardTitle>How well it fits</CardTitle>
          <CardDescription className="mt-0.5">
            {mix.outcome === "revenue" ? "Revenue" : "Orders"} by week: the model explains {percent(mix.quality.r_squared, { digits: 0 })} of the ups and downs.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <TimeSeries
          label="Actual and modelled by week"
          className="h-56"
          series={[
            { key: "actual", label: "Actual", color: "var(--chart-1, var(--channel-paid-search))", points: points((week) => week.actual), filled: true },
            { key: "fitted", label: "Model", color: "var(--channel-email)", points: points((week) => week.fitted) },
            { key: "baseline", label: "Without paid channels", color: "var(--channel-direct)", points: points((week) => week.baseline), faint: true },
          ]}
          formatValue={(value) => (value === null ? "–" : outcomeText(value, mix))}
          formatTick={(value) => outcomeText(value, mix, { compact: true })}
          formatTime={(time) => bucket(time, "w", "UTC")}
          formatTimeLong={(time) => bucket(time, "w", "UTC", true)}
        />
      </CardContent>
    </Card>
  );
}
