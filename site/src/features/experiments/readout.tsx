import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { type Experiment, type Readout, readoutQuery } from "@/api/experiments";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { HowComputed } from "@/components/how-computed";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { seriesColor } from "@/lib/channels";
import { count, day, longDay, NONE, percent, plural } from "@/lib/format";

import { Curves } from "./curves";
import { Segments } from "./segments";
import { WhomItMoves } from "./uplift";

type Row = Readout["variants"][number];

const OUTCOMES: Record<string, [string, "positive" | "destructive" | "secondary"]> = {
  better: ["Better", "positive"],
  worse: ["Worse", "destructive"],
  undecided: ["Not clear yet", "secondary"],
};

const points = (value: number | null | undefined) => (value == null ? NONE : `${count(value * 100, { digits: 2 })} points`);
const span = (low: number | null | undefined, high: number | null | undefined, signed = false) =>
  low == null || high == null ? "no bounds yet" : `${percent(low, { digits: 1, signed })} to ${percent(high, { digits: 1, signed })}`;

/** What an experiment says so far, and how it came to that day by day. */
export function ReadoutCards({ experiment }: { experiment: Experiment }) {
  const asked = useQuery(readoutQuery(experiment.id, experiment.status === "running"));
  if (asked.isError) {
    return (
      <Card aria-label="What it says">
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      </Card>
    );
  }
  if (!asked.data) return <Skeleton role="status" aria-label="Loading" className="h-72 w-full rounded-xl" />;
  const names = new Map(experiment.variants.map((one) => [one.key, one.name]));
  const nameOf = (key: string) => names.get(key) ?? key;
  return (
    <>
      <Says readout={asked.data} nameOf={nameOf} />
      <Segments readout={asked.data} nameOf={nameOf} />
      <WhomItMoves experiment={experiment} />
      <Monitor readout={asked.data} nameOf={nameOf} status={experiment.status} />
      <Policies readout={asked.data} nameOf={nameOf} metric={experiment.metric} />
    </>
  );
}

type NameOf = (key: string) => string;

function Says({ readout, nameOf }: { readout: Readout; nameOf: NameOf }) {
  const others = readout.variants.filter((one) => one.key !== readout.control);
  return (
    <Card aria-label="What it says" className="min-w-0 overflow-hidden">
      <CardHeader className="flex-wrap items-start border-b pt-4">
        <div className="min-w-0">
          <CardTitle>What it says</CardTitle>
          <CardDescription className="mt-0.5">
            Against {nameOf(readout.control)}, after {plural(readout.days, "day")}
          </CardDescription>
        </div>
        <div className="ml-auto">
          <Computed readout={readout} />
        </div>
      </CardHeader>
      {readout.split.mismatch ? (
        <p role="alert" className="text-destructive border-b px-4 py-3 text-[0.8125rem] text-pretty sm:px-5">
          Visitors were not shared out as decided. Find out why before believing any of these figures.
        </p>
      ) : null}
      <ul className="divide-y">
        {others.map((one) => (
          <Versus key={one.key} row={one} name={nameOf(one.key)} />
        ))}
      </ul>
    </Card>
  );
}

function Versus({ row, name }: { row: Row; name: string }) {
  const { against } = row;
  const [word, tone] = OUTCOMES[against?.outcome ?? "undecided"] ?? ["Not clear yet", "secondary"];
  return (
    <li className="px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 text-[0.8125rem] font-medium break-words">{name}</span>
        <Badge variant={tone}>{word}</Badge>
      </div>
      {against ? (
        <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-3 text-[0.8125rem] sm:grid-cols-[minmax(0,1.7fr)_minmax(0,1fr)_minmax(0,1fr)]">
          <Figure label="Lift" main={percent(against.lift, { digits: 1, signed: true })} note={`${span(against.always_low, against.always_high, true)}, at any look`} more={`${span(against.low, against.high, true)}, looked at once`} />
          <Figure label="Chance to beat it" main={percent(against.chance_to_win, { digits: 1 })} note={`p ${against.always_p_value < 0.001 ? "below 0.001" : count(against.always_p_value, { digits: 3 })} at any look`} />
          <Figure label="Costs if that is wrong" main={percent(against.risk, { digits: 2 })} note="of the rate, on average" />
        </dl>
      ) : (
        <p className="text-muted-foreground mt-1 text-xs text-pretty">Nothing can be said yet: {row.refused || "too little has come in"}.</p>
      )}
    </li>
  );
}

function Figure({ label, main, note, more }: { label: string; main: string; note: string; more?: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted-foreground text-xs">{label}</dt>
      <dd>
        <span className="tabular block font-medium">{main}</span>
        <span className="text-muted-foreground tabular block text-2xs text-pretty">{note}</span>
        {more ? <span className="text-muted-foreground tabular block text-2xs text-pretty">{more}</span> : null}
      </dd>
    </div>
  );
}

/** How the figures are computed, with the sources: docs/science.md says the same at length. */
function Computed({ readout }: { readout: Readout }) {
  return (
    <HowComputed>
      <p>
        The lift is (rate − control’s rate) / control’s rate. Looked at once, its interval is Welch’s. At any look, it is a confidence sequence, which holds however often you look
        (Waudby-Smith and others, 2024), corrected for the number of variants (Holm); “better” and “worse” go by that. Intervals hold {percent(readout.level, { digits: 0 })}.
      </p>
      <p>The chance to beat the control, and what a wrong choice costs, are read from the posterior of the lift from a flat prior. The chance to be the best of all is from Beta posteriors of the rates, whose curves are drawn below; where the choice looks at who comes, it is the mean over the groups.</p>
      <p>
        {readout.window_days > 0
          ? `Conversions may come up to ${plural(readout.window_days, "day")} late. Until then a visitor counts as lost only as far as conversions of that age have come in, learnt from those that came (the delayed-feedback model of Chapelle, 2014).`
          : "Visitors count in full at once: this experiment waits for no late conversion."}
      </p>
      <p>
        {readout.split.detail}
        {readout.split.p_value == null ? "" : ` Probability of so uneven a split by chance: ${count(readout.split.p_value, { digits: 3 })}.`}
      </p>
      <p>Which visitors came moves with the shares, day by day. Where days differ much, a variant shown more on good days looks better than it is.</p>
    </HowComputed>
  );
}

const VIEWS = [
  { value: "best", label: "Chance to be best" },
  { value: "rate", label: "Rate" },
  { value: "share", label: "Share of visitors" },
] as const;
type View = (typeof VIEWS)[number]["value"];

function Monitor({ readout, nameOf, status }: { readout: Readout; nameOf: NameOf; status: string }) {
  const [view, setView] = useState<View>("best");
  const awaited = readout.variants.reduce((sum, one) => sum + one.awaited, 0);
  const series: ChartSeries[] = readout.variants.map((variant, index) => ({
    key: variant.key,
    label: nameOf(variant.key),
    color: seriesColor(variant.key, index),
    points: readout.history.map((at) => {
      const found = at.variants.find((one) => one.key === variant.key);
      const value = view === "best" ? found?.probability_best : view === "rate" ? found?.rate : found?.share;
      return { t: Date.parse(at.date), value: value ?? null };
    }),
  }));
  const top = Math.max(...readout.variants.map((one) => (one.trials > 0 ? one.rate_high : (one.rate ?? 0))), 0.001);
  return (
    <Card aria-label="How sure it is" className="min-w-0">
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>How sure it is of each rate</CardTitle>
          <CardDescription className="mt-0.5">
            {awaited >= 0.5 && status !== "stopped"
              ? `About ${count(Math.round(awaited))} late ${Math.round(awaited) === 1 ? "conversion is" : "conversions are"} still to come from visitors already shown a variant.`
              : `The bar holds the true rate ${percent(readout.level, { digits: 0 })} of the time.`}
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="space-y-6 pt-1">
        <ul className="space-y-3.5" aria-label="Rates with their intervals">
          {readout.variants.map((one, index) => (
            <Strip key={one.key} row={one} name={nameOf(one.key)} color={seriesColor(one.key, index)} top={top} status={status} />
          ))}
        </ul>
        <Curves readout={readout} nameOf={nameOf} />
        <div className="border-t pt-4">
          <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
            <h3 className="text-[0.8125rem] font-medium">Day by day</h3>
            <Segmented label="What is drawn day by day" className="ml-auto" value={view} onChange={setView} segments={[...VIEWS]} />
          </div>
          {readout.history.length > 1 ? (
            <>
              <Legend series={series} className="mb-2" />
              <TimeSeries
                label={`${VIEWS.find((one) => one.value === view)?.label}, day by day`}
                series={series}
                formatValue={(value) => percent(value, { digits: 1 })}
                formatTick={(value) => percent(value, { compact: true })}
                formatTime={(t) => day(t, "UTC")}
                formatTimeLong={(t) => longDay(t, "UTC")}
                className="h-64"
              />
            </>
          ) : (
            <p className="text-muted-foreground py-6 text-center text-xs">The first day is on; from the second on you see how it moved.</p>
          )}
        </div>
      </CardContent>
    </Card>
  );
}

/** A rate with its interval on the scale all variants share. */
function Strip({ row, name, color, top, status }: { row: Row; name: string; color: string; top: number; status: string }) {
  const at = (value: number) => `${(100 * Math.min(value, top)) / top}%`;
  const bounds = `${percent(row.rate_low)} to ${percent(row.rate_high)}`;
  return (
    <li>
      <div className="flex flex-wrap items-baseline gap-x-3 text-[0.8125rem]">
        <span className="min-w-0 break-words">{name}</span>
        <span className="tabular ml-auto font-medium">{row.rate == null ? NONE : percent(row.rate)}</span>
        <span className="text-muted-foreground tabular text-xs">{row.trials > 0 ? bounds : "nothing known yet"}</span>
      </div>
      <div aria-hidden className="bg-muted relative mt-1.5 h-2.5 rounded-full">
        {row.trials > 0 ? (
          <div className="absolute inset-y-0 rounded-full opacity-45 transition-[left,width] duration-500" style={{ left: at(row.rate_low), width: `calc(${at(row.rate_high)} - ${at(row.rate_low)})`, background: color }} />
        ) : null}
        {row.rate == null ? null : <div className="absolute -inset-y-0.5 w-0.5 rounded-full transition-[left] duration-500" style={{ left: at(row.rate), background: color }} />}
      </div>
      <p className="text-muted-foreground tabular mt-1 text-2xs">
        {row.status === "paused" ? "Paused" : row.status === "winner" ? "Winner" : status === "stopped" ? "Stopped" : `${percent(row.share, { digits: 0 })} of the next visitors`}
        {row.expected_loss == null ? "" : ` · would lose ${points(row.expected_loss)} against the best`}
        {row.awaited >= 0.5 && status !== "stopped" ? ` · about ${count(Math.round(row.awaited))} late still to come` : ""}
      </p>
    </li>
  );
}

function Policies({ readout, nameOf, metric }: { readout: Readout; nameOf: NameOf; metric: string }) {
  const { policies } = readout;
  if (!policies || policies.rows.length === 0) return null;
  const logged = policies.rows[0]?.logged ?? 0;
  return (
    <Card aria-label="What else could have been shown" className="min-w-0 overflow-hidden">
      <CardHeader className="pt-4">
        <div className="min-w-0">
          <CardTitle>What else could have been shown</CardTitle>
          <CardDescription className="mt-0.5">
            {metric} by visitor, over {plural(policies.settled, "decision")} whose outcome is known. As it was shown: {percent(logged)}.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-0">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
      <div role="region" aria-label="Other policies" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto rounded-md">
          <table className="w-full text-[0.8125rem]">
            <thead>
              <tr className="text-muted-foreground border-b text-xs">
                <th scope="col" className="py-1.5 text-left font-medium">Had it shown</th>
                <th scope="col" className="py-1.5 pl-3 text-right font-medium">Estimate</th>
                <th scope="col" className="py-1.5 pl-3 text-right font-medium">95% interval</th>
                <th scope="col" className="py-1.5 pl-3 text-right font-medium">Worth visitors</th>
              </tr>
            </thead>
            <tbody>
              {policies.rows.map((row) => (
                <tr key={row.only ?? ""} className="border-b last:border-0">
                  <th scope="row" className="py-1.5 text-left font-normal">{row.only == null ? "All evenly" : `Only ${nameOf(row.only)}`}</th>
                  <td className="tabular py-1.5 pl-3 text-right">{percent(row.robust)}</td>
                  <td className="tabular text-muted-foreground py-1.5 pl-3 text-right whitespace-nowrap">{span(Math.max(0, row.robust - 1.96 * row.robust_error), Math.min(1, row.robust + 1.96 * row.robust_error))}</td>
                  <td className="tabular text-muted-foreground py-1.5 pl-3 text-right">{count(Math.round(row.effective_visitors))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p className="text-muted-foreground mt-3 text-xs text-pretty">
          From the probability each decision was made with, doubly robust (Dudík, Langford and Li, 2011).
          {policies.unsettled > 0 ? ` ${plural(policies.unsettled, "decision")} ${policies.unsettled === 1 ? "is" : "are"} too young to count.` : ""}
        </p>
      </CardContent>
    </Card>
  );
}
