import { useMemo } from "react";

import type { Forecast } from "@/api/types";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { bucket, count, figure, longDay, percent, plural } from "@/lib/format";

import { modelName, worded } from "./words";

/** How the same method would have done before: earlier forecasts over what came, and how far off each was. */
export function Backtest({ forecast, zone, label }: { forecast: Forecast; zone: string; label: string }) {
  const { backtest, unit, currency, gran, ahead } = forecast;
  const value = (number: number | null) => figure(number === null ? null : worded(number, unit), unit, currency);
  const series = useMemo(() => drawn(forecast, label), [forecast, label]);
  const period = gran === "w" ? "week" : "day";
  if (backtest.origins.length === 0) {
    return (
      <Card aria-label="How good it has been">
        <CardHeader className="flex-wrap items-start pt-4 pb-5">
          <div>
            <CardTitle>How good it has been</CardTitle>
            <CardDescription className="mt-0.5">
              The history is too short to have forecast the {plural(ahead.length, period)} before from what was known then. Ask for fewer {period}s, or come back when there are more.
            </CardDescription>
          </div>
        </CardHeader>
      </Card>
    );
  }
  return (
    <Card aria-label="How good it has been">
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>How good it has been</CardTitle>
          <CardDescription className="mt-0.5 max-w-3xl text-pretty">
            {verdict(forecast)} Measured on {plural(backtest.origins.length, "earlier forecast")}, each from nothing but what was known on its day.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="flex flex-col pt-1">
        <Legend
          series={[
            { key: "actual", label: `${label}: what came`, color: "var(--chart-previous)" },
            { key: "forecast", label: "Forecast at the time", color: "var(--chart-secondary)" },
          ]}
          className="mb-2 min-h-4"
        />
        <TimeSeries
          label="Earlier forecasts over what came"
          series={series}
          className="h-75"
          formatValue={value}
          formatTick={(tick) => figure(tick, unit, currency, { compact: true })}
          formatTime={(t) => bucket(t, gran, zone)}
          formatTimeLong={(t) => bucket(t, gran, zone, true)}
        />
        <div className="mt-5 grid gap-x-10 gap-y-6 lg:grid-cols-2">
          <table className="tabular w-full self-start text-[0.8125rem]">
            <caption className="mb-1.5 text-left font-medium">Each earlier forecast</caption>
            <thead>
              <tr className="text-muted-foreground border-b text-xs">
                <th scope="col" className="py-1.5 pr-3 text-left font-medium">From</th>
                <th scope="col" className="py-1.5 pr-3 text-right font-medium">Said</th>
                <th scope="col" className="py-1.5 pr-3 text-right font-medium">Came</th>
                <th scope="col" className="py-1.5 text-right font-medium">Off by</th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {backtest.origins.map((origin) => {
                const sums = forecast.total != null;
                const over = sums ? 1 : origin.points.length || 1;
                const said = origin.points.reduce((sum, point) => sum + point.forecast, 0) / over;
                const came = origin.points.reduce((sum, point) => sum + point.actual, 0) / over;
                const off = origin.off ?? (came === 0 ? null : (said - came) / came);
                return (
                  <tr key={origin.date}>
                    <th scope="row" className="py-1.5 pr-3 text-left font-normal whitespace-nowrap">{longDay(Date.parse(origin.date), "UTC")}</th>
                    <td className="py-1.5 pr-3 text-right">{value(said)}</td>
                    <td className="py-1.5 pr-3 text-right">{value(came)}</td>
                    <td className="py-1.5 text-right font-medium">{percent(off, { signed: true, digits: 1 })}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <table className="tabular w-full self-start text-[0.8125rem]">
            <caption className="mb-1.5 text-left font-medium">Each model alone, off by on average</caption>
            <thead>
              <tr className="text-muted-foreground border-b text-xs">
                <th scope="col" className="py-1.5 pr-3 text-left font-medium">Model</th>
                <th scope="col" className="py-1.5 text-right font-medium">A {period}</th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {backtest.models.map((one) => (
                <tr key={one.model}>
                  <th scope="row" className="py-1.5 pr-3 text-left font-normal">
                    {modelName(one.model)}
                    {forecast.models.includes(one.model) ? null : <span className="text-muted-foreground"> (to compare with)</span>}
                  </th>
                  <td className="py-1.5 text-right font-medium">{value(one.error)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </CardContent>
    </Card>
  );
}

/** The two measures in plain words. */
function verdict({ backtest: { smape, mase }, gran }: Forecast): string {
  const off = smape == null ? null : `Off by ${percent(smape / 100, { digits: 1 })} a ${gran === "w" ? "week" : "day"} on average`;
  const before = gran === "w" ? "as last week" : "as yesterday";
  const than =
    mase == null
      ? null
      : mase < 0.005
        ? `saying “${before}” would have been off many times as much`
        : mase < 1
          ? `saying “${before}” would have been off ${count(1 / mase, { digits: 1 })} times as much`
          : `saying “${before}” would have done no worse: it was off ${count(1 / mase, { digits: 1 })} times as much`;
  return off && than ? `${off}; ${than}.` : off ? `${off}.` : than ? `${than[0]?.toUpperCase() ?? ""}${than.slice(1)}.` : "";
}

/** What came, and each earlier forecast as a line of its own over it. */
function drawn({ backtest, history }: Forecast, label: string): ChartSeries[] {
  const came = new Map(history.map(({ t, value }) => [t, value ?? null]));
  for (const origin of backtest.origins) for (const point of origin.points) came.set(point.t, point.actual);
  const earliest = backtest.origins[0]?.points[0]?.t ?? 0;
  const times = [...came.keys()].sort((a, b) => a - b).filter((t, at, all) => t >= earliest || (all[at + 7] ?? 0) >= earliest);
  return [
    { key: "actual", label: `${label}: what came`, color: "var(--chart-previous)", points: times.map((t) => ({ t, value: came.get(t) ?? null })) },
    ...backtest.origins.map((origin): ChartSeries => {
      const said = new Map(origin.points.map(({ t, forecast }) => [t, forecast]));
      return {
        key: origin.date,
        label: `Said on ${longDay(Date.parse(origin.date), "UTC")}`,
        color: "var(--chart-secondary)",
        partial: true,
        points: times.map((t) => ({ t, value: said.get(t) ?? null })),
      };
    }),
  ];
}
