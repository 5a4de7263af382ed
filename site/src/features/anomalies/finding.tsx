import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChartNoAxesCombined, Undo2, X } from "lucide-react";
import { useMemo } from "react";
import { toast } from "sonner";

import { describe } from "@/api/problem";
import { dismissAnomaly, reopenAnomaly } from "@/api/queries";
import type { AnomalyRow } from "@/api/types";
import { type ChartBand, type ChartSeries, TimeSeries } from "@/components/chart/time-series";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardTitle } from "@/components/ui/card";
import { useMetrics } from "@/hooks/use-metrics";
import { cn } from "@/lib/cn";
import { change, count, day, figure, type FigureOptions, longDay, percent, plural, tone } from "@/lib/format";

const DIMENSIONS: Record<string, string> = { channel: "By channel", source: "By source", campaign: "By campaign", device: "By device" };

/** Of nearly nothing everything is thousands of percent: from ten times on it is just far. */
const MOST_AWAY = 10;

/** One figure that was not as usual: what, how far, since when, what moved it. */
export function Finding({ row, may }: { row: AnomalyRow; may: boolean }) {
  const { get } = useMetrics();
  const { label, better } = get(row.metric);
  const value = (number: number | null) => said(number, row);
  const away = change(row.value, row.expected);
  const below = row.score < 0;
  const mood = tone(below ? -1 : 1, better);
  const when = Date.parse(row.date);
  const rows = useMutate(row);
  const far = away === null ? "" : Math.abs(away) < MOST_AWAY ? `${percent(Math.abs(away), { digits: 0 })} ` : "far ";
  const title = `${label} ${far}${below ? "below" : "above"} usual`;
  return (
    <Card aria-label={`${title}, ${longDay(when, "UTC")}`} className="p-4 sm:p-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <p className="text-muted-foreground text-xs">
            <time dateTime={row.date}>{longDay(when, "UTC")}</time>
            {row.days > 1 ? ` and the ${plural(row.days - 1, "day")} after` : ""}
          </p>
          <CardTitle className="mt-0.5 flex flex-wrap items-center gap-2 text-[0.9375rem]">
            <span>
              {label}{" "}
              <span className={cn(mood === "bad" ? "text-destructive" : mood === "good" ? "text-positive" : "")}>
                {far}
                {below ? "below" : "above"} usual
              </span>
            </span>
            {row.status === "dismissed" ? <Badge variant="secondary">Dismissed</Badge> : null}
          </CardTitle>
          <p className="mt-1 text-[0.8125rem] text-pretty">
            {value(row.value)}, where {value(row.lower)} to {value(row.upper)} would have been usual, most likely {value(row.expected)}.
            {row.shift ? ` A new level since ${longDay(Date.parse(row.shift.since), "UTC")}: about ${value(row.shift.after)} a day after ${value(row.shift.before)}.` : ""}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button asChild variant="outline" size="sm">
            <Link to="/" search={{ from: row.date, to: row.date, ...(row.metric === "revenue" ? {} : { metric: row.metric }) }}>
              <ChartNoAxesCombined /> See the day
            </Link>
          </Button>
          {!may ? null : row.status === "open" ? (
            <Button variant="ghost" size="sm" disabled={rows.isPending} onClick={() => rows.mutate()}>
              <X /> Dismiss
            </Button>
          ) : (
            <Button variant="ghost" size="sm" disabled={rows.isPending} onClick={() => rows.mutate()}>
              <Undo2 /> Open again
            </Button>
          )}
        </div>
      </div>
      <div className="mt-3 grid gap-x-8 gap-y-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Around row={row} label={label} title={`${title}: the days around it`} mark={mood === "bad" ? "var(--destructive)" : "var(--chart-secondary)"} />
        <Moved row={row} />
      </div>
    </Card>
  );
}

function Around({ row, label, title, mark }: { row: AnomalyRow; label: string; title: string; mark: string }) {
  const { series, bands } = useMemo(() => drawn(row, label, mark), [row, label, mark]);
  return (
    <TimeSeries
      label={title}
      series={series}
      bands={bands}
      className="h-40 min-h-0"
      formatValue={(value) => said(value, row)}
      formatTick={(tick) => figure(tick, row.unit, row.currency, { compact: true })}
      formatTime={(t) => day(t, "UTC")}
      formatTimeLong={(t) => longDay(t, "UTC")}
    />
  );
}

/** A figure of the finding; of a mean of counts or amounts no halves, unless it is small. */
function said(value: number | null, { unit, currency }: AnomalyRow, options: FigureOptions = {}): string {
  const whole = unit === "money" || (unit === "count" && value !== null && Math.abs(value) >= 10);
  return figure(value !== null && whole ? Math.round(value) : value, unit, currency, options);
}

/** Dismisses what is open, opens what is dismissed; a dismissal can be taken back from its message. */
function useMutate(row: AnomalyRow) {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["insights/anomalies"] });
  const onError = (error: unknown) => {
    const { title, detail } = describe(error);
    toast.error(title, { description: detail });
  };
  return useMutation({
    mutationFn: () => (row.status === "open" ? dismissAnomaly(row.id) : reopenAnomaly(row.id)),
    onSuccess: async () => {
      if (row.status === "open") {
        toast.success("Dismissed: it will not be raised again", {
          action: { label: "Undo", onClick: () => void reopenAnomaly(row.id).then(refresh, onError) },
        });
      } else toast.success("Open again");
      await refresh();
    },
    onError,
  });
}

function Moved({ row }: { row: AnomalyRow }) {
  const groups = Object.entries(DIMENSIONS)
    .map(([dimension, label]) => ({ label, movers: row.moved.filter((mover) => mover.dimension === dimension).slice(0, 3) }))
    .filter(({ movers }) => movers.length > 0);
  if (groups.length === 0) return <p className="text-muted-foreground text-[0.8125rem]">There are no earlier days like this one to say what moved it.</p>;
  const by = (value: number) => (row.unit === "percent" ? `${count(100 * value, { signed: true, digits: 1 })} points` : said(value, row, { signed: true }));
  return (
    <div className="min-w-0 text-[0.8125rem]">
      <p className="font-medium">What moved it</p>
      <p className="text-muted-foreground text-xs">Against the same weekday in the weeks before</p>
      <div className="mt-2 grid gap-x-6 gap-y-3 sm:grid-cols-2">
        {groups.map(({ label, movers }) => (
          <div key={label} className="min-w-0">
            <p className="text-muted-foreground mb-0.5 text-2xs font-medium">{label}</p>
            <dl>
              {movers.map((mover) => (
                <div key={mover.name} className="flex min-w-0 items-baseline justify-between gap-3 py-0.5">
                  <dt className="truncate" title={mover.name}>
                    {mover.name}
                  </dt>
                  <dd className="tabular shrink-0 font-medium">{by(mover.change)}</dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </div>
  );
}

/** The days around it with their usual range, the unusual ones marked. */
function drawn(row: AnomalyRow, label: string, mark: string): { series: ChartSeries[]; bands: ChartBand[] } {
  const points = row.around.map(({ date, value }) => ({ t: Date.parse(date), value: value ?? null }));
  const first = row.around.findIndex(({ date }) => date === row.date);
  return {
    series: [
      { key: "value", label, color: "var(--chart-primary)", points },
      {
        key: "unusual",
        label: "Unusual",
        color: mark,
        partial: true,
        dots: true,
        points: points.map(({ t, value }, at) => ({ t, value: at >= first && at < first + row.days ? value : null })),
      },
    ],
    bands: [
      {
        key: "usual",
        label: "Usual",
        color: "var(--chart-previous)",
        strength: 0.3,
        points: row.around.map(({ lower, upper }) => ({ low: lower ?? null, high: upper ?? null })),
      },
    ],
  };
}
