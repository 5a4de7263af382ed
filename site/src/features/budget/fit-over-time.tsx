import type { Mix } from "@/api/planning";
import { TimeSeries } from "@/components/chart/time-series";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { bucket, percent } from "@/lib/format";

import { outcomeText } from "./figures";

const ACTUAL = "var(--channel-paid-search)";
const MODEL = "var(--channel-email)";
const BASELINE = "var(--channel-direct)";

function Key({ color, className, children }: { color: string; className: string; children: React.ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={cn("inline-block", className)} style={className.includes("border") ? { borderColor: color } : { background: color }} />
      {children}
    </span>
  );
}

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
        <p className="text-muted-foreground ml-auto flex flex-wrap gap-x-4 gap-y-1 text-xs">
          <Key className="h-0.5 w-5" color={ACTUAL}>Actual</Key>
          <Key className="h-0.5 w-5" color={MODEL}>Model</Key>
          <Key className="h-0 w-5 border-t border-dashed" color={BASELINE}>Without paid channels</Key>
        </p>
      </CardHeader>
      <CardContent className="pt-1">
        <TimeSeries
          label="Actual and modelled by week"
          className="h-56"
          series={[
            { key: "actual", label: "Actual", color: ACTUAL, points: points((week) => week.actual), filled: true },
            { key: "fitted", label: "Model", color: MODEL, points: points((week) => week.fitted) },
            { key: "baseline", label: "Without paid channels", color: BASELINE, points: points((week) => week.baseline), faint: true },
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
