import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Check, LoaderCircle, Square } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { finishHoldout, type Holdout, holdoutQuery, type Method, type Readout, stopHoldout } from "@/api/holdouts";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { Confirm } from "@/components/confirm";
import { HowComputed } from "@/components/how-computed";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { count, day, longDay, money, NONE, percent, plural, ratio } from "@/lib/format";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";

import { amount, between, counted, daysText, factorText, layout, listed, METHODS, sentence } from "./test-words";
import { Bar, TestBadge } from "./tests-view";

/** What one test says, and what can be done with it. */
export function TestReadout({ id, onClose }: { id: string; onClose: () => void }) {
  const asked = useQuery(holdoutQuery(id));
  const back = (
    <Button variant="ghost" size="sm" className="-ml-2" onClick={onClose}>
      <ArrowLeft /> All tests
    </Button>
  );
  return (
    <div className="space-y-4">
      {back}
      {asked.isError ? (
        <Card>
          <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
        </Card>
      ) : asked.isPending ? (
        <Skeleton role="status" aria-label="Loading" className="h-96 w-full rounded-xl" />
      ) : (
        <Shown test={asked.data} />
      )}
    </div>
  );
}

function Shown({ test }: { test: Holdout }) {
  const { me } = useScope();
  const queryClient = useQueryClient();
  const [stopping, setStopping] = useState(false);
  const { design, readout, status } = test;
  const refresh = () => Promise.all(["holdout", "holdouts", "comparison"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
  const finish = useMutation({
    mutationFn: () => finishHoldout(test.id),
    onSuccess: async () => {
      toast.success("Its result counts now", { description: "Attribution is calibrated by it: see Models." });
      await refresh();
    },
    onError: tell,
  });
  const stop = useMutation({
    mutationFn: () => stopHoldout(test.id),
    onSuccess: async () => {
      setStopping(false);
      toast.success("Stopped", { description: "Switch the channel on again where you run it." });
      await refresh();
    },
    onError: tell,
  });
  const open = status === "planned" || status === "running" || status === "ended";
  const editor = allows(me, "edit_experiments") && open;
  return (
    <>
      <Card aria-label="What it says" className="overflow-hidden">
        <CardHeader className="flex-wrap items-start gap-y-3 pt-4">
          <div className="min-w-0 flex-1 basis-64">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <CardTitle>{test.name}</CardTitle>
              <TestBadge status={status} />
            </div>
            <CardDescription className="mt-0.5">
              {design.channel} {layout(design)}
            </CardDescription>
          </div>
          <div className="flex flex-wrap gap-2">
            {editor && status === "ended" && readout ? (
              <Button disabled={finish.isPending} onClick={() => finish.mutate()}>
                {finish.isPending ? <LoaderCircle className="animate-spin" /> : <Check />} Take its result
              </Button>
            ) : null}
            {editor ? (
              <Button variant="outline" onClick={() => setStopping(true)}>
                <Square /> {status === "ended" ? "Drop it" : "Stop"}
              </Button>
            ) : null}
            {readout ? <Computed readout={readout} /> : null}
          </div>
        </CardHeader>
        <CardContent className="space-y-5 pt-1">
          {readout ? (
            <Result test={test} readout={readout} />
          ) : (
            <p className="text-muted-foreground py-8 text-center text-[0.8125rem] text-pretty">
              {test.unreadable
                ? `It cannot be read: ${test.unreadable}.`
                : status === "stopped"
                  ? "It was stopped; nothing was kept of it."
                  : `Nothing to read yet: the first day that counts has to end. Switch ${design.channel} off ${design.kind === "time" ? "everywhere" : `in ${listed(design.treated ?? [], 12)}`} for ${daysText(design)}, where you run it.`}
            </p>
          )}
        </CardContent>
      </Card>
      {readout ? (
        <>
          <Drawn readout={readout} design={design} />
          <Methods readout={readout} color={channelColor(design.channel)} />
        </>
      ) : null}
      <Confirm
        open={stopping}
        onOpenChange={setStopping}
        title={status === "ended" ? "Drop this test?" : "Stop this test?"}
        description="What it would have shown counts for nothing. It cannot be taken up again."
        action={status === "ended" ? "Drop it" : "Stop"}
        destructive
        pending={stop.isPending}
        onConfirm={() => stop.mutate()}
      />
    </>
  );
}

function Result({ test, readout }: { test: Holdout; readout: Readout }) {
  const { design } = test;
  const read = counted(readout);
  const orders = (value: number) => count(value, { digits: Math.abs(value) < 10 ? 1 : 0 });
  const cash = (value: number) => money(Math.round(value), readout.currency, { whole: true });
  const exact = (value: number) => money(Math.round(value), readout.currency);
  return (
    <>
      <p className="max-w-3xl text-base leading-6 font-medium text-pretty" data-testid="test-says">
        {sentence(readout, design.channel)}
      </p>
      {readout.notes.map((note) => (
        <Note key={note.words} tone={note.warning ? "warning" : "plain"} title={note.words} />
      ))}
      <dl className="grid grid-cols-2 gap-x-4 gap-y-4 text-[0.8125rem] lg:grid-cols-4">
        <Figure label="Orders it added" main={orders(readout.orders.incremental.value)} note={between(readout.orders.incremental, orders)} />
        <Figure label="Revenue it added" main={cash(readout.revenue.incremental.value)} note={between(readout.revenue.incremental, cash)} />
        <Figure
          label="Attribution’s credit is worth"
          main={readout.factor ? ratio(readout.factor.value) : NONE}
          note={readout.factor && readout.claimed ? `${between(readout.factor, (value) => ratio(value))}; last touch claims ${orders(readout.claimed.orders)} orders` : "No credit to compare with"}
        />
        {readout.iroas ? (
          <Figure
            label="Incremental ROAS"
            main={ratio(readout.iroas.value)}
            note={`${between(readout.iroas, (value) => ratio(value))}${readout.cost_per_order ? `; ${exact(readout.cost_per_order.value)} an order (${between(readout.cost_per_order, exact)})` : ""}`}
          />
        ) : (
          <Figure label="Incremental ROAS" main={NONE} note="Say what was not spent to see it" />
        )}
      </dl>
      <p className="text-muted-foreground text-xs text-pretty">
        {plural(readout.days, "day")} read{readout.days < readout.of_days ? ` of ${readout.of_days}` : ""}, against {plural(readout.before_days, "day")} before. A test like this finds{" "}
        {amount(read.detectable, readout)} {readout.outcome === "orders" ? "orders " : ""}or more four times in five. Intervals hold {percent(read.methods[0]?.holds ?? 0.9, { digits: 0 })}.
      </p>
    </>
  );
}

function Figure({ label, main, note }: { label: string; main: string; note: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted-foreground text-xs">{label}</dt>
      <dd>
        <span className="tabular mt-0.5 block text-lg leading-6 font-semibold">{main}</span>
        <span className="text-muted-foreground tabular block text-2xs text-pretty">{note}</span>
      </dd>
    </div>
  );
}

const at = (date: string) => Date.parse(`${date}T00:00:00Z`);

function Drawn({ readout, design }: { readout: Readout; design: Holdout["design"] }) {
  const region = design.kind === "region";
  const series: ChartSeries[] = [
    {
      key: "expected",
      label: region ? "Would have been sold" : "Expected from before",
      color: "var(--chart-previous)",
      faint: true,
      partial: true,
      points: readout.series.map((one) => ({ t: at(one.date), value: one.expected ?? null })),
    },
    { key: "seen", label: region ? "Sold where it was off" : "Sold", color: channelColor(design.channel), points: readout.series.map((one) => ({ t: at(one.date), value: one.seen })) },
  ];
  const first = readout.series.findIndex((one) => one.phase !== "before");
  return (
    <Card aria-label="Day by day">
      <CardHeader className="pt-4">
        <div className="min-w-0">
          <CardTitle>Day by day</CardTitle>
          <CardDescription className="mt-0.5">
            {readout.outcome === "revenue" ? "Revenue" : "Orders"} of a day; 100% is an average day before the test. Before it, the lines should lie on each other; after it, the gap is the channel.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <Legend series={series} className="mb-2" />
        <TimeSeries
          label="Sold, and what would have been sold, day by day"
          series={series}
          {...(first >= 0 ? { stretch: { label: `${design.channel} off`, first, last: readout.series.length - 1 } } : {})}
          formatValue={(value) => percent(value, { digits: 0 })}
          formatTick={(value) => percent(value, { compact: true, digits: 0 })}
          formatTime={(t) => day(t, "UTC")}
          formatTimeLong={(t) => longDay(t, "UTC")}
          className="h-72"
        />
      </CardContent>
    </Card>
  );
}

function Methods({ readout, color }: { readout: Readout; color: string }) {
  const { methods } = counted(readout);
  const reach = Math.max(0.02, ...methods.flatMap(({ share }) => [Math.abs(share.low), Math.abs(share.high ?? 0)]));
  return (
    <Card aria-label="By each method">
      <CardHeader className="pt-4">
        <div className="min-w-0">
          <CardTitle>By each method</CardTitle>
          <CardDescription className="mt-0.5">Which one counts follows from the layout, not from the result. The bar’s middle is no effect.</CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <ul className="divide-y">
          {methods.map((method, index) => (
            <Line key={method.id} method={method} readout={readout} first={index === 0} reach={reach} color={color} />
          ))}
        </ul>
      </CardContent>
    </Card>
  );
}

function Line({ method, readout, first, reach, color }: { method: Method; readout: Readout; first: boolean; reach: number; color: string }) {
  const [name, how] = METHODS[method.id] ?? [method.id, ""];
  return (
    <li className="grid gap-x-5 gap-y-2 py-3.5 sm:grid-cols-[minmax(0,1fr)_16rem]">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 text-[0.8125rem] font-medium">
          {name} {first ? <Badge variant="secondary">Counts</Badge> : null}
        </p>
        <p className="text-muted-foreground mt-0.5 text-xs text-pretty">{how}</p>
        <p className={method.placebo.passed ? "text-muted-foreground mt-1 text-xs text-pretty" : "text-warning mt-1 text-xs text-pretty"}>{method.placebo.words}</p>
      </div>
      <div className="min-w-0">
        <p className="tabular flex flex-wrap items-baseline gap-x-2 text-[0.8125rem]">
          <span className="font-medium">{percent(method.share.value, { digits: 1 })}</span>
          <span className="text-muted-foreground text-xs">{between(method.share, (value) => percent(value, { digits: 1 }))}</span>
        </p>
        <div className="mt-1.5">
          <Bar low={method.share.low} value={method.share.value} high={method.share.high ?? reach} reach={reach} color={color} />
        </div>
        <p className="tabular text-muted-foreground mt-1.5 text-2xs">
          {amount(method.incremental.value, readout)} {readout.outcome === "orders" ? "orders" : ""} · p {method.p_value < 0.001 ? "below 0.001" : count(method.p_value, { digits: 3 })} · holds {percent(method.holds, { digits: 0 })}
        </p>
      </div>
    </li>
  );
}

/** How it is computed, with the sources: docs/science.md says the same at length. */
function Computed({ readout }: { readout: Readout }) {
  const time = readout.orders.methods[0]?.id === "before_and_after";
  return (
    <HowComputed>
      {time ? (
        <p>
          Each day is expected to sell what the same weekday sold on average in the eight weeks before. Chance is what the same expectation missed by in earlier windows as long as the test; the interval is
          Student’s, with a degree of freedom for each window. A sale, a holiday or a trend that falls into the test is taken for the channel.
        </p>
      ) : (
        <>
          <p>Regions sell very different amounts, and what moves a market moves it in proportion. So each region’s day is divided by its own average before the test, and effects are shares of that.</p>
          <p>
            Difference in differences: mean change of the regions without the channel, less that of the others; Welch’s t-test over regions, so that days that resemble each other cannot narrow the interval
            (Bertrand, Duflo and Mullainathan, 2004). It counts with three or more regions on each side.
          </p>
          <p>
            Synthetic control: a mixture of the other regions that is closest to the tested ones before the test (Abadie, Diamond and Hainmueller, 2010). Its interval comes from treating every other region as
            if it had been tested, and holds no more than n / (n + 1) with n of them.
          </p>
        </>
      )}
      <p>
        Credit is worth: orders added / orders attribution would have credited. The latter is the part of the orders of the four weeks before that last touch credits to the channel where it was off, of what
        would have been sold meanwhile{readout.factor ? `; here ${factorText(readout.factor)}` : ""}.
      </p>
      <p className="text-muted-foreground">Regions are assumed to have moved alike without the test. What ads of the days before still sell on the first days counts as not added, unless these days are left out.</p>
    </HowComputed>
  );
}
