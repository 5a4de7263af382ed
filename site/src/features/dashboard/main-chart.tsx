import { useQuery } from "@tanstack/react-query";
import { ChartLine } from "lucide-react";
import { useMemo } from "react";

import { timeseriesQuery } from "@/api/queries";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { ErrorState } from "@/components/states/error";
import { NothingYet } from "@/components/states/empty";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useMetrics } from "@/hooks/use-metrics";
import { useScope } from "@/hooks/use-scope";
import { seriesColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { allowedGranularities, defaultGranularity, type Granularity, GRANULARITIES } from "@/lib/dates";
import { bucket, figure } from "@/lib/format";

import { type Split, SPLITS } from "./search";

const GRAN_NAMES: Record<Granularity, [string, string]> = {
  h: ["Hour", "By hour"],
  d: ["Day", "By day"],
  w: ["Week", "By week"],
  m: ["Month", "By month"],
};
const SPLIT_LABELS: Record<Split, string> = { channel: "By channel", source: "By source", device: "By device", country: "By country" };

export function MainChart({
  metric: id,
  gran: asked,
  by,
  channel,
  onChange,
}: {
  metric: string;
  gran: Granularity | undefined;
  by: Split | undefined;
  channel: string | undefined;
  onChange: (patch: Record<string, unknown>) => void;
}) {
  const scope = useScope();
  const { all, get } = useMetrics();
  const metric = get(id);
  const allowed = allowedGranularities(scope.range);
  const standard = defaultGranularity(scope.range);
  const gran = asked && allowed.includes(asked) ? asked : standard;
  // Revenue is told beside what it cost; every other metric beside its own past.
  const withSpend = id === "revenue" && !by;
  const compared = scope.compare === "previous" && !by;

  const main = useQuery(timeseriesQuery(scope.query, { metric: id, gran, by, channel }));
  const spend = useQuery({ ...timeseriesQuery(scope.query, { metric: "spend", gran, channel }), enabled: withSpend });
  const before = useQuery({ ...timeseriesQuery(scope.previous, { metric: id, gran, channel }), enabled: compared });
  const data = main.data;

  const series = useMemo<ChartSeries[]>(() => {
    if (!data) return [];
    const clean = (points: readonly { t: number; value?: number | null }[]) => points.map(({ t, value }) => ({ t, value: value ?? null }));
    if (by) return data.series.map((one, index) => ({ key: one.key, label: one.key || "(none)", color: seriesColor(one.key, index), points: clean(one.points) }));
    return [
      ...(compared && before.data
        ? [{ key: "before", label: "Period before", color: "var(--chart-previous)", points: aligned(clean(before.data.points), clean(data.points)), faint: true }]
        : []),
      ...(withSpend && spend.data ? [{ key: "spend", label: "Spend", color: "var(--chart-secondary)", points: clean(spend.data.points) }] : []),
      { key: data.metric, label: metric.label, color: "var(--chart-primary)", points: clean(data.points), filled: true },
    ].reverse();
  }, [data, before.data, spend.data, by, compared, withSpend, metric.label]);

  const unit = data?.unit ?? metric.unit;
  const currency = data?.currency ?? scope.site.currency;
  const zone = scope.site.time_zone;
  const empty = data && series.every((one) => one.points.every((point) => !point.value));
  const title = withSpend ? "Revenue and spend" : metric.label;

  return (
    <Card aria-label={`${title} over time`} className="flex min-w-0 flex-col">
      <CardHeader className="gap-y-1">
        <CardTitle>{title}</CardTitle>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Select
            label="Metric"
            value={id}
            align="end"
            onChange={(next) => onChange({ metric: next === "revenue" ? undefined : next, ...(by && !get(next).dimensions.includes(by) ? { by: undefined } : {}) })}
            options={(all.length > 0 ? all : [metric]).map((one) => ({ value: one.id, label: one.label }))}
          />
          <Select
            label="Split"
            value={by ?? "none"}
            align="end"
            onChange={(next) => onChange({ by: next === "none" ? undefined : next })}
            options={[{ value: "none" as const, label: "Total" }, ...SPLITS.filter((value) => value === by || metric.dimensions.includes(value)).map((value) => ({ value, label: SPLIT_LABELS[value] }))]}
          />
          <Segmented
            label="Granularity"
            value={gran}
            onChange={(next) => onChange({ gran: next === standard ? undefined : next })}
            segments={GRANULARITIES.map((value) => ({
              value,
              label: GRAN_NAMES[value][0],
              name: GRAN_NAMES[value][1],
              disabled: !allowed.includes(value),
            }))}
          />
        </div>
      </CardHeader>
      <CardContent className="flex min-h-86 flex-1 flex-col">
        {main.isError ? (
          <ErrorState error={main.error} onRetry={() => void main.refetch()} className="flex-1" />
        ) : !data ? (
          <ChartSkeleton />
        ) : empty ? (
          <NothingYet icon={ChartLine} title={`No ${metric.label.toLowerCase()} in these days`} className="flex-1 py-0">
            Choose a longer range above, or another metric.
          </NothingYet>
        ) : (
          <>
            <Legend series={series} className="mb-2 min-h-4" />
            <TimeSeries
              label={`${title} over time`}
              series={series}
              className={cn("flex-1 transition-opacity", main.isPlaceholderData && "opacity-60")}
              formatValue={(value) => figure(value, unit, currency)}
              formatTick={(value) => figure(value, unit, currency, { compact: true })}
              formatTime={(t) => (gran === "h" && scope.range.from !== scope.range.to ? bucket(t, "d", zone) : bucket(t, gran, zone))}
              formatTimeLong={(t) => bucket(t, gran, zone, true)}
            />
          </>
        )}
      </CardContent>
    </Card>
  );
}

/** The period before, bucket by bucket under this one's times; missing ones are gaps. */
function aligned<P extends { t: number; value: number | null }>(before: P[], now: P[]): { t: number; value: number | null }[] {
  return now.map((point, index) => ({ t: point.t, value: before[index]?.value ?? null }));
}

function ChartSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-1 items-end gap-2 pb-6 pl-12">
      {Array.from({ length: 18 }, (_, index) => (
        <Skeleton key={index} className="flex-1" style={{ height: `${4 + ((index * 29) % 9)}rem` }} />
      ))}
    </div>
  );
}
