import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChartSpline } from "lucide-react";
import { useMemo } from "react";

import { forecastQuery } from "@/api/queries";
import type { Forecast } from "@/api/types";
import { Legend, TimeSeries } from "@/components/chart/time-series";
import { HowComputed } from "@/components/how-computed";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useMetrics } from "@/hooks/use-metrics";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { daysIn } from "@/lib/dates";
import { bucket, figure, plural } from "@/lib/format";

import { Backtest } from "./backtest";
import { drawn } from "./drawn";
import { Promotions } from "./promotions";
import { KINDS, modelName, worded } from "./words";

const HORIZONS = { d: [7, 14, 28, 60, 90, 180], w: [4, 8, 13, 26, 52] };
const STANDARD = { d: 28, w: 13 };

/** A figure's coming days or weeks, with how sure that is and how earlier forecasts did. */
export function ForecastPage() {
  const { site } = useScope();
  const search = useSearch({ from: "/app/forecast" });
  const patch = usePatchSearch();
  const { all, get } = useMetrics();
  const id = search.metric ?? "revenue";
  const metric = get(id);
  const gran = search.gran ?? "d";
  const horizon = search.horizon ?? STANDARD[gran];
  const promotions = daysIn(search.promotions ?? "");
  const asked = useQuery(forecastQuery(site.key, { metric: id, gran, horizon: String(horizon), ...(search.promotions ? { promotions: search.promotions } : {}) }));
  const nothing = asked.data?.kind === "nothing";
  const horizons = [...new Set([...HORIZONS[gran], horizon])].sort((a, b) => a - b);
  return (
    <Page
      title="Forecast"
      description="What comes next if things go on as they did, how far off it may be, and how far off it has been."
      actions={
        <>
          <Select
            label="Metric"
            value={id}
            align="end"
            onChange={(next) => patch({ metric: next === "revenue" ? undefined : next })}
            options={(all.length > 0 ? all : [metric]).map((one) => ({ value: one.id, label: one.label }))}
          />
          <Segmented
            label="Days or weeks"
            value={gran}
            onChange={(next) => patch({ gran: next === "d" ? undefined : next, horizon: undefined })}
            segments={[
              { value: "d" as const, label: "Days" },
              { value: "w" as const, label: "Weeks" },
            ]}
          />
          <Select
            label="How far ahead"
            value={String(horizon)}
            align="end"
            onChange={(next) => patch({ horizon: Number(next) === STANDARD[gran] ? undefined : Number(next) })}
            options={horizons.map((value) => ({ value: String(value), label: `Next ${plural(value, gran === "d" ? "day" : "week")}` }))}
          />
        </>
      }
    >
      {nothing ? (
        <Card>
          <NothingYet
            icon={ChartSpline}
            title="No days to learn from yet"
            action={
              <Button asChild variant="outline">
                <Link to="/install">Install the pixel</Link>
              </Button>
            }
          >
            {`A forecast learns from the days that are over. As soon as ${metric.label} has had some, the ones to come stand here.`}
          </NothingYet>
        </Card>
      ) : asked.isError ? (
        <Card>
          <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
        </Card>
      ) : asked.isPending ? (
        <Loading />
      ) : (
        <div className={cn("space-y-5 transition-opacity", asked.isPlaceholderData && "opacity-60")}>
          <Ahead forecast={asked.data} zone={site.time_zone} label={get(asked.data.metric).label} />
          <Promotions
            days={promotions}
            gran={gran}
            effect={asked.data.promotion == null ? null : figure(worded(asked.data.promotion, asked.data.unit), asked.data.unit, asked.data.currency)}
            onChange={(days) => patch({ promotions: days.length > 0 ? days.join(",") : undefined })}
          />
          <Backtest forecast={asked.data} zone={site.time_zone} label={get(asked.data.metric).label} />
        </div>
      )}
    </Page>
  );
}

function Ahead({ forecast, zone, label }: { forecast: Forecast; zone: string; label: string }) {
  const { unit, currency, gran, ahead, history } = forecast;
  const value = (number: number | null | undefined) => figure(number == null ? null : worded(number, unit), unit, currency);
  const { series, bands } = useMemo(() => drawn(forecast, label), [forecast, label]);
  const periods = plural(ahead.length, gran === "w" ? "week" : "day");
  const sum = (pick: (one: Forecast["ahead"][number]) => number) => ahead.reduce((total, one) => total + pick(one), 0);
  const before = history.slice(-ahead.length);
  const past = before.length === ahead.length && before.every((one) => one.value != null) ? before.reduce((total, one) => total + (one.value ?? 0), 0) : null;
  const first = ahead[0];
  const kind = KINDS[forecast.kind] ?? forecast.kind;
  return (
    <Card aria-label={`${label}, the next ${periods}`}>
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>{`${label}, the next ${periods}`}</CardTitle>
          {forecast.total != null ? (
            <p className="mt-1.5 flex flex-wrap items-baseline gap-x-2.5 gap-y-0.5">
              <span className="tabular text-2xl leading-8 font-semibold" data-testid="forecast-total">
                {value(forecast.total)}
              </span>
              {past !== null ? <span className="text-muted-foreground text-[0.8125rem]">{`after ${value(past)} in the ${periods} before`}</span> : null}
            </p>
          ) : first ? (
            <p className="tabular mt-1.5 text-2xl leading-8 font-semibold">{value(sum((one) => one.mean) / ahead.length)} <span className="text-muted-foreground text-[0.8125rem] font-normal">on average</span></p>
          ) : null}
          {first ? (
            <CardDescription className="mt-0.5 max-w-2xl text-pretty">
              {gran === "w" ? "Next week" : "The first day"} most likely {value(first.mean)}: four times in five between {value(first.low_80)} and {value(first.high_80)},
              nineteen times in twenty between {value(first.low_95)} and {value(first.high_95)}.
            </CardDescription>
          ) : null}
        </div>
        <div className="ml-auto">
          <Computed forecast={forecast} kind={kind} />
        </div>
      </CardHeader>
      <CardContent className="flex min-h-96 flex-col pt-1">
        <Legend series={series} bands={bands} className="mb-2 min-h-4" />
        <TimeSeries
          label={`${label}: what was and what is to come`}
          series={series}
          bands={bands}
          className="flex-1"
          formatValue={value}
          formatTick={(tick) => figure(tick, unit, currency, { compact: true })}
          formatTime={(t) => bucket(t, gran, zone)}
          formatTimeLong={(t) => bucket(t, gran, zone, true)}
        />
        <p className="text-muted-foreground mt-3 text-xs text-pretty">
          Learnt from {plural(forecast.learnt_from, gran === "w" ? "week" : "day")} ({kind}
          {forecast.filled > 0 ? `, ${forecast.filled} without a value filled in` : ""}) by {forecast.models.map(modelName).join(", ")}.
        </p>
      </CardContent>
    </Card>
  );
}

/** How it is computed, with the sources: docs/science.md says the same at length. */
function Computed({ forecast, kind }: { forecast: Forecast; kind: string }) {
  return (
    <HowComputed>
      <p>
        The series is {kind}. Models of that sort are fitted to it, here {forecast.models.map(modelName).join(", ")}, and the forecast is the middle (median) of what
        they say: the median of different models beat each of them in the M4 competition (Makridakis and others, 2020). Where last season would have done better by a
        tenth, it is taken instead.
      </p>
      <p>
        The same method is then set back to six earlier days, half a horizon apart, where it knows nothing of what came. The ranges are the quantiles of its own
        errors there, widened because few errors are themselves uncertain (Student’s distribution with six degrees of freedom).
      </p>
      <p>
        Off by how much: sMAPE, the mean of 200 · |forecast − came| / (|forecast| + |came|), in percent. Against saying “as the period before”: MASE, the mean
        error divided by the mean step from one period to the next (Hyndman & Koehler, 2006).
      </p>
      <p>A day of promotion adds what least squares finds on top of trend and week; the effect is a sum, the same for each such day.</p>
      <p className="text-muted-foreground">
        On 359 weekly series of the M4 competition 77.9% of values fell inside the 80% range and 92.7% inside the 95% range. A shop that changes is not in any range.
      </p>
    </HowComputed>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="space-y-5">
      <Card className="p-5">
        <Skeleton className="h-4 w-48" />
        <Skeleton className="mt-3 h-7 w-36" />
        <div className="mt-6 flex h-80 items-end gap-2">
          {Array.from({ length: 24 }, (_, index) => (
            <Skeleton key={index} className="flex-1" style={{ height: `${30 + ((index * 29) % 60)}%` }} />
          ))}
        </div>
      </Card>
      <Card className="p-5">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="mt-3 h-4 w-3/4" />
        <Skeleton className="mt-6 h-48 w-full" />
      </Card>
    </div>
  );
}
