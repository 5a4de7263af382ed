import { useQuery } from "@tanstack/react-query";
import { Lock, LockOpen, RotateCcw, SlidersHorizontal } from "lucide-react";
import { useEffect, useMemo, useState } from "react";

import { type Budget, type BudgetBounds, type BudgetGoal, budgetQuery, type Mix } from "@/api/planning";
import { linear } from "@/components/chart/scale";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { Note } from "@/components/note";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { useRested } from "@/hooks/use-rested";
import { seriesColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { money, percent, ratio } from "@/lib/format";
import { moneyText } from "@/lib/money";
import { refusal } from "@/lib/sentence";

import { interval, outcomeText, sliderRange } from "./figures";

/** A week's money, divided anew as the slider moves or a channel is held. */
export function Divider({ mix, site, computedAt, onFound }: { mix: Mix; site: string; computedAt: number; onFound: (budget: Budget) => void }) {
  const present = mix.budget.present_total;
  const range = sliderRange(
    present,
    mix.channels.reduce((sum, channel) => sum + channel.most, 0),
  );
  const [total, setTotal] = useState(present);
  const revenue = mix.outcome === "revenue";
  const [aim, setAim] = useState<"total" | "target">("total");
  // At first what the present spend reaches, all channels together.
  const reached = present > 0 ? mix.budget.present_outcome.mean / present : 0;
  const [roas, setRoas] = useState(() => Math.max(0.1, Math.round(reached * 10) / 10));
  const [cpa, setCpa] = useState(() => Math.max(1, Math.round(reached > 0 ? 1 / reached : present)));
  const [limits, setLimits] = useState<Readonly<Record<string, Limits>>>({});
  const [open, setOpen] = useState<string | null>(null);
  const limit = (name: string, next: Limits) => setLimits((all) => ({ ...all, [name]: next }));
  const asked = useMemo(() => {
    const bounds: BudgetBounds[] = mix.channels.flatMap((channel) => {
      const own = limits[channel.name];
      return own && (own.min !== null || own.max !== null) ? [{ channel: channel.name, min: own.min ?? 0, max: own.max }] : [];
    });
    const goal: BudgetGoal = aim === "total" ? { kind: "spend", total_minor: total } : revenue ? { kind: "target_roas", roas } : { kind: "target_cpa", cpa_minor: cpa };
    return { goal, bounds };
  }, [mix, total, aim, revenue, roas, cpa, limits]);
  const rested = useRested(asked);
  const found = useQuery(budgetQuery(site, computedAt, rested.goal, rested.bounds));
  const budget = found.data ?? mix.budget;
  const waiting = found.isFetching || rested !== asked;
  useEffect(() => {
    if (found.data) onFound(found.data);
  }, [found.data, onFound]);
  const high = Math.max(1, ...budget.channels.flatMap((share) => [share.spend, share.present]));
  const x = linear([0, high], [0, 100]);
  const text = (value: number) => outcomeText(value, mix);
  const signed = (value: number) => outcomeText(value, mix, { signed: true });
  const whole = { whole: true } as const;
  return (
    <Card aria-label="Divide a week’s budget">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0">
          <CardTitle>Divide a week’s budget</CardTitle>
          <CardDescription className="mt-0.5">
            Name the total or a target: the best division over the channels follows. Give a channel a least and a most, or hold it as it is.
          </CardDescription>
        </div>
        {total !== present || aim === "target" || Object.keys(limits).length > 0 ? (
          <Button
            variant="ghost"
            size="sm"
            className="ml-auto"
            onClick={() => {
              setTotal(present);
              setAim("total");
              setLimits({});
            }}
          >
            <RotateCcw /> As at present
          </Button>
        ) : null}
      </CardHeader>
      <CardContent className="grid gap-x-8 gap-y-5 pt-1 lg:grid-cols-[minmax(0,19rem)_minmax(0,1fr)]">
        <div className="space-y-5">
          <div className="space-y-3">
            <Segmented
              label="What is wanted"
              value={aim}
              onChange={setAim}
              segments={[
                { value: "total", label: "Most for a total" },
                { value: "target", label: revenue ? "Reach a ROAS" : "Reach a cost per order" },
              ]}
            />
            {aim === "total" ? (
              <>
                <Field label="Total a week">
                  {(control) => <MoneyInput control={control} currency={mix.currency} value={total} onChange={(minor) => minor && minor > 0 && setTotal(minor)} />}
                </Field>
                <input
                  type="range"
                  aria-label="Total a week"
                  aria-valuetext={money(total, mix.currency, whole)}
                  min={range.min}
                  max={range.max}
                  step={range.step}
                  value={total}
                  onChange={(event) => setTotal(Number(event.target.value))}
                  className="focus-ring accent-primary block w-full cursor-pointer rounded-full dark:[color-scheme:dark]"
                />
                <p className="text-muted-foreground tabular flex justify-between text-2xs">
                  <span>{money(range.min, mix.currency, whole)}</span>
                  <span>now {money(present, mix.currency, whole)}</span>
                  <span>{money(range.max, mix.currency, whole)}</span>
                </p>
              </>
            ) : revenue ? (
              <Field label="Return on ad spend, at least" hint={`All channels together; ${ratio(reached)} at present. The most revenue that still reaches it.`}>
                {(control) => (
                  <Input
                    {...control}
                    type="number"
                    inputMode="decimal"
                    min={0.1}
                    step={0.1}
                    value={roas}
                    className="tabular"
                    onChange={(event) => {
                      const next = event.target.valueAsNumber;
                      if (next > 0) setRoas(next);
                    }}
                  />
                )}
              </Field>
            ) : (
              <Field
                label="Cost per order, at most"
                hint={`All channels together; ${reached > 0 ? money(1 / reached, mix.currency) : "not known"} at present. The most orders that still cost no more.`}
              >
                {(control) => <MoneyInput control={control} currency={mix.currency} value={cpa} onChange={(minor) => minor && minor > 0 && setCpa(minor)} />}
              </Field>
            )}
          </div>
          {found.isError ? (
            <Note alert tone="warning" title="No such division">
              {refusal(found.error)}
            </Note>
          ) : null}
          <dl aria-live="polite" aria-busy={waiting} className={cn("grid grid-cols-2 gap-x-4 gap-y-3 transition-opacity lg:grid-cols-1", waiting && "opacity-60")}>
            {aim === "target" ? (
              <Fact
                label="Total a week"
                main={money(budget.total, mix.currency, whole)}
                note={revenue ? `ROAS ${ratio(budget.outcome.mean / Math.max(1, budget.total))}` : `${money(budget.total / Math.max(1e-9, budget.outcome.mean), mix.currency)} an order`}
              />
            ) : null}
            <Fact label={`Would bring${mix.outcome === "orders" ? ", orders" : ""} a week`} main={text(budget.outcome.mean)} note={interval(budget.outcome, text)} />
            <Fact label="Against the present spend" main={signed(budget.gain.mean)} note={interval(budget.gain, signed)} />
            <Fact
              label={`Chance that it brings more than ${money(budget.present_total, mix.currency, whole)} do now`}
              main={percent(budget.probability, { digits: 0 })}
              note="of the draws"
            />
          </dl>
        </div>
        <div className={cn("transition-opacity", waiting && "opacity-60")}>
          <ul aria-label="Division over the channels" className="m-0 list-none divide-y p-0">
            {budget.channels.map((share, at) => {
              const color = seriesColor(share.name, at);
              const own = limits[share.name] ?? NO_LIMITS;
              const locked = own.min === share.present && own.max === share.present;
              const limited = own.min !== null || own.max !== null;
              const shown = open === share.name;
              const change = share.present > 0 ? share.spend / share.present - 1 : null;
              return (
                <li key={share.name} className="grid grid-cols-[minmax(0,1fr)_auto_auto] items-center gap-x-3 gap-y-1.5 py-2.5 text-[0.8125rem] sm:grid-cols-[9rem_minmax(0,1fr)_8.5rem_auto]">
                  <span className="flex min-w-0 items-center gap-2">
                    <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
                    <span className="truncate font-medium" title={share.name}>
                      {share.name}
                    </span>
                  </span>
                  <span aria-hidden className="relative order-last col-span-3 h-6 sm:order-none sm:col-span-1">
                    <span className="bg-muted absolute top-0 left-0 h-2 rounded-sm transition-[width] duration-300" style={{ width: `${x(share.present)}%`, background: color, opacity: 0.35 }} />
                    <span className="absolute bottom-0 left-0 h-3.5 min-w-0.5 rounded-sm transition-[width] duration-300" style={{ width: `${x(share.spend)}%`, background: color }} />
                  </span>
                  <span className="tabular text-right leading-4 whitespace-nowrap">
                    <span className="block font-medium">{money(share.spend, mix.currency)}</span>
                    <span className="text-muted-foreground block text-2xs">
                      now {money(share.present, mix.currency, whole)}
                      {change === null ? "" : ` · ${percent(change, { digits: 0, signed: true })}`}
                    </span>
                  </span>
                  <span className="flex">
                    <Button
                      variant="ghost"
                      size="icon"
                      aria-expanded={shown}
                      aria-label={`Least and most for ${share.name}`}
                      title="Least and most"
                      onClick={() => setOpen(shown ? null : share.name)}
                    >
                      <SlidersHorizontal className={limited && !locked ? "text-link" : "opacity-60"} />
                    </Button>
                    <Button
                      variant="ghost"
                      size="icon"
                      aria-pressed={locked}
                      aria-label={`Hold ${share.name} as it is`}
                      title={locked ? "Held as it is" : "Hold as it is"}
                      onClick={() => limit(share.name, locked ? NO_LIMITS : { min: share.present, max: share.present })}
                    >
                      {locked ? <Lock /> : <LockOpen className="opacity-60" />}
                    </Button>
                  </span>
                  {shown ? (
                    <div className="order-last col-span-3 grid grid-cols-2 gap-3 py-1 sm:col-span-4 sm:max-w-sm">
                      <Field label="Least a week">
                        {(control) => (
                          <MoneyInput control={control} currency={mix.currency} value={own.min} placeholder="0" onChange={(min) => limit(share.name, { ...own, min })} />
                        )}
                      </Field>
                      <Field label="Most a week">
                        {(control) => (
                          <MoneyInput
                            control={control}
                            currency={mix.currency}
                            value={own.max}
                            placeholder={moneyText(mix.channels[at]?.most ?? null, mix.currency)}
                            onChange={(max) => limit(share.name, { ...own, max })}
                          />
                        )}
                      </Field>
                    </div>
                  ) : null}
                  <span className="text-muted-foreground order-last col-span-3 text-2xs sm:col-span-4">
                    Brings {text(share.outcome.mean)} a week ({interval(share.outcome, text)})
                    {share.beyond ? " · more than any week so far, so move there in steps" : ""}
                    {locked ? "" : share.bound === "min" ? " · at its least" : share.bound === "max" ? (own.max === null ? " · twice its highest week, no more is recommended" : " · at its most") : ""}
                  </span>
                </li>
              );
            })}
          </ul>
          <p className="text-muted-foreground mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
            <span className="inline-flex items-center gap-1.5">
              <span aria-hidden className="bg-foreground/35 inline-block h-2 w-5 rounded-sm" /> At present, mean of the last weeks
            </span>
            <span className="inline-flex items-center gap-1.5">
              <span aria-hidden className="bg-foreground inline-block h-3 w-5 rounded-sm" /> Recommended
            </span>
          </p>
        </div>
      </CardContent>
    </Card>
  );
}

/** Least and most spend of a channel a week, minor units; null where none is set. */
interface Limits {
  min: number | null;
  max: number | null;
}

const NO_LIMITS: Limits = { min: null, max: null };

function Fact({ label, main, note }: { label: string; main: string; note: string }) {
  return (
    <div>
      <dt className="text-muted-foreground text-xs">{label}</dt>
      <dd className="tabular mt-0.5 text-lg leading-6 font-semibold">
        <span className="inline-block pr-1.5">{main}</span>
        <span className="text-muted-foreground inline-block text-xs font-normal">{note}</span>
      </dd>
    </div>
  );
}
