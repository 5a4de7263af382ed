import { useQuery } from "@tanstack/react-query";

import { summaryQuery, timeseriesQuery } from "@/api/queries";
import type { Metric } from "@/api/types";
import { Sparkline } from "@/components/chart/sparkline";
import { Delta } from "@/components/delta";
import { ErrorState } from "@/components/states/error";
import { Skeleton } from "@/components/ui/skeleton";
import { Tooltip } from "@/components/ui/tooltip";
import { useMetrics } from "@/hooks/use-metrics";
import { type AppScope, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { defaultGranularity } from "@/lib/dates";
import { change, figure } from "@/lib/format";

export const TILES = ["revenue", "spend", "roas", "mer", "orders", "aov", "sessions", "cvr", "ctr", "cpa"] as const;

/** The ten figures a marketer opens the day with. A tile also chooses the metric of the chart below. */
export function KpiTiles({ channel, metric, onMetric }: { channel: string | undefined; metric: string; onMetric: (metric: string) => void }) {
  const scope = useScope();
  const summary = useQuery(summaryQuery(scope.query, scope.compare, channel));
  const { get } = useMetrics();
  if (summary.isError) {
    return (
      <div className="bg-card shadow-card rounded-xl border">
        <ErrorState error={summary.error} onRetry={() => void summary.refetch()} className="min-h-70" />
      </div>
    );
  }
  return (
    <div
      className={cn(
        "bg-border shadow-card grid grid-cols-2 gap-px overflow-hidden rounded-xl border transition-opacity sm:grid-cols-3 md:grid-cols-5",
        summary.isPlaceholderData && "opacity-60",
      )}
    >
      {TILES.map((id) => (
        <Tile
          key={id}
          metric={get(id)}
          scope={scope}
          channel={channel}
          loading={summary.isPending}
          value={summary.data?.metrics[id] ?? null}
          previous={summary.data?.previous ? (summary.data.previous[id] ?? null) : undefined}
          currency={summary.data?.currency ?? scope.site.currency}
          selected={metric === id}
          onSelect={() => onMetric(id)}
        />
      ))}
      {/* Fills the last row where ten does not divide evenly. */}
      <div aria-hidden className="bg-card hidden sm:col-span-2 sm:block md:hidden" />
    </div>
  );
}

function Tile({
  metric,
  scope,
  channel,
  loading,
  value,
  previous,
  currency,
  selected,
  onSelect,
}: {
  metric: Metric;
  scope: AppScope;
  channel: string | undefined;
  loading: boolean;
  value: number | null;
  previous: number | null | undefined;
  currency: string;
  selected: boolean;
  onSelect: () => void;
}) {
  const trend = useQuery(timeseriesQuery(scope.query, { metric: metric.id, gran: defaultGranularity(scope.range), channel }));
  return (
    <section
      aria-label={metric.label}
      className={cn(
        "bg-card has-[button:hover]:bg-muted/60 @container relative flex h-35 flex-col px-4 pt-3.5 pb-3 transition-colors",
        selected && "after:bg-primary after:absolute after:inset-x-0 after:top-0 after:h-0.5",
      )}
    >
      <Tooltip
        content={
          <>
            {metric.description || `Show ${metric.label} in the chart`}
            {metric.formula ? <span className="text-muted-foreground mt-0.5 block">{metric.formula}</span> : null}
          </>
        }
      >
        <button
          type="button"
          aria-pressed={selected}
          aria-label={`Show ${metric.label} in the chart`}
          onClick={onSelect}
          className="focus-ring absolute inset-0 z-10 -outline-offset-2"
        />
      </Tooltip>
      <h2 className={cn("text-[0.8125rem] leading-5 font-medium", selected ? "text-foreground" : "text-muted-foreground")}>{metric.label}</h2>
      {loading ? (
        <Skeleton className="mt-1.5 mb-0.5 h-6 w-24" />
      ) : (
        <p data-testid="kpi-value" className="tabular mt-0.5 truncate text-[1.375rem] leading-8 font-semibold tracking-[-0.02em]">
          {figure(value, metric.unit, currency)}
        </p>
      )}
      <div className="h-5">
        {loading ? (
          <Skeleton className="mt-1 h-3 w-14" />
        ) : previous === undefined ? null : (
          <span className="flex items-center gap-1.5">
            <Delta change={change(value, previous)} better={metric.better} />
            <span className="text-muted-foreground truncate text-2xs">
              <span className="sr-only">previous period: </span>
              {/* A narrow tile has no room for it; it is still read aloud. */}
              <span className="sr-only @min-[9.5rem]:not-sr-only">
                <span aria-hidden>from </span>
                {figure(previous, metric.unit, currency)}
              </span>
            </span>
          </span>
        )}
      </div>
      <div className="mt-auto h-7">
        {trend.data ? (
          <Sparkline
            values={trend.data.points.map((point) => point.value ?? null)}
            color={selected ? "var(--chart-primary)" : "var(--chart-previous)"}
          />
        ) : null}
      </div>
    </section>
  );
}
